"""The libraries cloudpayments for Python and for Node, as their users have them, against the running platform."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from tests.conformance.conftest import NPM, run_client

PYTHON_SCRIPT = Path(__file__).with_name("cloudpayments_client.py")
PYTHON_VERSION = "1.6.3"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("platform")
def test_cloudpayments_1_6_for_python_makes_repeats_shows_and_is_refused(demo_info, client_python):
    told = run_client([client_python, PYTHON_SCRIPT], demo_info["cloudkassir"])
    assert told["version"] == PYTHON_VERSION
    assert told["again"] == told["first"] != told["refund"]
    assert told["states"] == ["Processed", "Processed"]
    assert told["shown"] == {
        "label": "Наименование товара", "amount": 900.0, "vat": 20, "electronic": 900.0, "email": "buyer@example.ru",
    }  # fmt: skip
    assert "ИНН" in told["wrong"]
    assert told["unknown"]
    assert told["credentials"]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("platform")
def test_cloudpayments_6_0_for_node_makes_repeats_is_refused_and_checks_signatures(demo_info, node):
    given = demo_info["cloudkassir"]
    told = node(
        NPM / "cloudpayments.js",
        given | {"order": str(uuid.uuid4()), "notification": notification(given["secret"].encode())},
    )
    assert told["first"]["success"]
    assert told["again"]["id"] == told["first"]["id"]
    assert told["other"]["id"] != told["first"]["id"], "the client makes the same X-Request-ID of equal receipts"
    assert told["wrong"]["success"] is False
    assert "Email" in told["wrong"]["message"]
    assert told["taken"] == {"code": 0}
    assert told["forged"] == "Invalid signature"


def notification(secret: bytes) -> dict[str, str]:
    """One of ours, signed with `secret`."""
    from tests.api.atol.test_atol_report import status
    from tests.api.cloudkassir.test_cloudkassir_mapping import draft_of
    from tests.api.yookassa.test_yookassa_mapping import channel

    from openkassa.api.cloudkassir import report

    message = report.notification(status(channel_kind="cloudkassir"), draft_of(), channel(), secret)
    return {"body": message.body.decode(), "signature": message.headers["Content-HMAC"]}
