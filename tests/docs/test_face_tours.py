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


def test_each_page_has_a_tour() -> None:
    for page in ("modulkassa.md", "digitalkassa.md"):
        assert len(BLOCK.findall((ROOT / "docs/integrations" / page).read_text())) == 4, page
