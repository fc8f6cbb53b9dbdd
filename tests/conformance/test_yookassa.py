"""YooKassa's own library for Python and one for Node, as their users have them, against the running platform."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conformance.conftest import NPM, run_client

PYTHON_SCRIPT = Path(__file__).with_name("yookassa_client.py")
PYTHON_VERSION = "3.13.0"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("platform")
def test_the_official_yookassa_3_13_makes_repeats_lists_and_is_refused(demo_info, client_python):
    told = run_client([client_python, PYTHON_SCRIPT], demo_info["yookassa"])
    assert told["version"] == PYTHON_VERSION
    assert told["again"] == told["first"]
    assert told["listed"] == [told["first"]]
    for report, type_ in ((told["report"], "payment"), (told["refund"], "refund")):
        assert (report["status"], report["type"]) == ("succeeded", type_)
        assert [float(one) for one in report["sums"]] == [1598.5]
        assert report["settled"] == ["1598.50"]
        assert report["fd"].isdigit()
        assert report["sign"].isdigit()
        assert len(report["fn"]) == 16
        assert report["at"].endswith("Z")
    assert told["report"]["fd"] != told["refund"]["fd"] or told["report"]["fn"] != told["refund"]["fn"]
    assert told["refund_id"]
    assert (told["wrong"]["code"], told["wrong"]["parameter"]) == ("invalid_request", "tax_system_code")
    assert told["unknown"]["code"] == "not_found"
    assert told["credentials"]["code"] == "invalid_credentials"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("platform")
def test_webzaytsev_yookassa_ts_sdk_3_1_makes_repeats_lists_and_is_refused(demo_info, node):
    told = node(NPM / "yookassa.js", demo_info["yookassa"])
    assert told["again"] == told["first"]
    assert told["report"]["status"] == "succeeded"
    assert told["report"]["settlements"] == [{"type": "prepayment", "amount": {"value": "150.00", "currency": "RUB"}}]
    assert told["wrong"]["code"] == "invalid_request"
    assert told["unknown"]["code"] == "not_found"
    assert told["first"] in str(told["listed"])
