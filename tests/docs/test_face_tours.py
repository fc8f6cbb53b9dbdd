"""The tours with curl of the pages in docs/integrations, run as they stand there against a running platform."""

from __future__ import annotations

import json
from pathlib import Path

from tests.docs.test_readme_tour import BLOCK, ROOT, pytestmark, run
from tests.support.platform import Platform

__all__ = ["pytestmark"]


def tour(page: str, platform: Platform, folder: Path) -> list[str]:
    """What each block of a page printed. The README's first block, which pages name, comes before them."""
    helpers = BLOCK.findall((ROOT / "README.md").read_text())[0]
    return run([helpers, *BLOCK.findall((ROOT / "docs/integrations" / page).read_text())], platform, folder)[1:]


def test_modulkassa(platform: Platform, tmp_path: Path) -> None:
    status, queued, made, gone = tour("modulkassa.md", platform, tmp_path)
    assert json.loads(status)["status"] == "READY"
    assert json.loads(queued)["status"] == "QUEUED"
    done = json.loads(made)
    assert (done["status"], done["fiscalInfo"]["sum"], done["fiscalInfo"]["checkType"]) == ("COMPLETED", 350, "SALE")
    assert "отозвана" in json.loads(gone)["message"]


def test_digitalkassa(platform: Platform, tmp_path: Path) -> None:
    group, queued, made, shifts = tour("digitalkassa.md", platform, tmp_path)
    assert json.loads(group)["taxation"] == 1
    assert queued.strip().endswith("202")
    result = json.loads(made)
    assert result["cashbox"]["ffd"] == "1.2" and result["doc"]["fiscal_sign"]
    assert json.loads(shifts)["shift_status"] == 1


def test_atol_v5(platform: Platform, tmp_path: Path) -> None:
    sold, report = tour("atol.md", platform, tmp_path)
    assert json.loads(sold)["status"] == "wait"
    done = json.loads(report)
    assert (done["status"], done["payload"]["total"]) == ("done", 360)


def test_komtet(platform: Platform, tmp_path: Path) -> None:
    queue, task, made = tour("komtet.md", platform, tmp_path)
    assert json.loads(queue)["state"] == "active"
    done = json.loads(made)
    assert (done["id"], done["state"]) == (json.loads(task)["id"], "done")
    assert done["fiscal_data"]


def test_yookassa(platform: Platform, tmp_path: Path) -> None:
    made, receipt, listed = (json.loads(text) for text in tour("yookassa.md", platform, tmp_path))
    assert made["status"] == "pending"
    assert (receipt["id"], receipt["status"]) == (made["id"], "succeeded")
    assert [one["id"] for one in listed["items"]] == [made["id"]]


def test_cloudkassir(platform: Platform, tmp_path: Path) -> None:
    made, status, receipt = (json.loads(text) for text in tour("cloudkassir.md", platform, tmp_path))
    assert made["Success"] and made["Message"] == "Queued"
    assert status["Model"] == "Processed"
    assert receipt["Success"] and receipt["Model"]


def test_orangedata(platform: Platform, tmp_path: Path) -> None:
    made, again, document = tour("orangedata.md", platform, tmp_path)
    assert made.strip().endswith("201")
    assert again.strip().endswith("409")
    assert json.loads(document)["documentNumber"]


def test_each_page_has_a_tour() -> None:
    blocks = {
        page.stem: len(BLOCK.findall(page.read_text()))
        for page in sorted((ROOT / "docs/integrations").glob("*.md"))
        if page.stem not in ("README", "sms-gateway")
    }
    assert blocks == {
        "atol": 2,
        "cloudkassir": 3,
        "digitalkassa": 4,
        "komtet": 3,
        "modulkassa": 4,
        "orangedata": 3,
        "yookassa": 3,
    }
