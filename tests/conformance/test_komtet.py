"""Komtet's own SDK for Python, as its users have it, against the running platform."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conformance.conftest import run_client

SCRIPT = Path(__file__).with_name("komtet_client.py")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("platform")
def test_the_official_komtet_sdk_8_1_trades_by_both_versions(demo_info, client_python):
    told = run_client([client_python, SCRIPT], demo_info["komtet"])
    assert told["version"] == "8.1.0"
    for version in ("v1", "v2"):
        shop = told[version]
        assert shop["active"] is True
        assert shop["again"] == shop["sale"]
        assert [task["state"] for task in shop["done"]] == ["done"] * 6
        assert [task["fiscal_data"]["s"] for task in shop["done"]] == ["199.98", "199.98", "100.00"] + ["199.98"] * 3
        assert [task["fiscal_data"]["n"] for task in shop["done"]] == [1, 2, 1, 1, 1, 1]
        assert len({(task["fiscal_data"]["fn"], task["fiscal_data"]["i"]) for task in shop["done"]}) == 6
        assert (shop["invalid"]["status"], shop["invalid"]["code"]) == (422, "VLD00")
        assert (shop["unknown"]["status"], shop["unknown"]["code"]) == (404, "TSK00")
        assert (shop["orders"]["status"], shop["orders"]["code"]) == (422, "NSP00")
        assert (shop["stranger"]["status"], shop["stranger"]["code"]) == (403, "AUT00")
