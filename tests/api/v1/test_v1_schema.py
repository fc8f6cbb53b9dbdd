"""schemathesis makes requests from the OpenAPI document and compares the answers with it."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from tests.api.v1.calls import sale, send


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.django_db
def test_answers_keep_to_the_openapi_document(shop):
    from tests.api.http import call, same_transaction

    from openkassa.projects.kassa.wsgi import application

    send(shop, "POST", "/receipts", sale())
    document = call("GET", "/api/v1/openapi.json").json
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    checks = [
        schemathesis.checks.CHECKS.get_by_names([name])[0]
        for name in ("not_a_server_error", "status_code_conformance", "content_type_conformance",
                     "response_schema_conformance")
    ]  # fmt: skip

    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def conforms(case):
            with same_transaction():
                case.call_and_validate(headers={"Authorization": f"Bearer {shop.v1_key}"}, checks=checks)

        conforms()
