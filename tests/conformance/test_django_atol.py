"""django-atol, as its users have it, against the running platform."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("django_atol_client.py")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("platform")
def test_django_atol_sells_repeats_reports_and_refunds(demo_info, client_python):
    run = subprocess.run(
        [client_python, SCRIPT], input=json.dumps(demo_info["atol"]), capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr[-3000:]
    told = json.loads(run.stdout)
    assert told["repeat"] == told["first"]
    assert told["repeat_code"] == 33
    assert told["renewed"] not in (None, told["first"])
    assert told["too_long"], "a validation error is retried by the client"
    assert told["unknown"], "an unknown uuid is final for the client"
    assert told["wrong_password"], "wrong credentials are HTTP 401"
    for report in (told["report"], told["refund_report"]):
        assert report["status"] == "done"
        assert report["payload"]["total"] == 1598.5
    documents = {
        (report["payload"]["fn_number"], report["payload"]["fiscal_document_number"])
        for report in (told["report"], told["refund_report"])
    }
    assert len(documents) == 2
