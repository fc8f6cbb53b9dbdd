"""The README's tour with curl, run as it stands there against a running platform."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.platform import Platform

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"<!-- tour -->\n```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MARK = "=== block {} ==="

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("platform"),
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("curl") is None, reason="the tour uses curl"),
]


def test_the_tour_of_the_readme_does_what_it_says(platform: Platform, tmp_path: Path) -> None:
    blocks = BLOCK.findall((ROOT / "README.md").read_text())
    assert len(blocks) == 7
    token_and_sale, repeat, report, document, receipt, trace = run(blocks, platform, tmp_path)[1:]

    sold = json.loads(token_and_sale)
    assert sold["status"] == "wait" and sold["error"] is None
    again = json.loads(repeat)
    assert (again["error"]["code"], again["uuid"]) == (33, sold["uuid"])
    done = json.loads(report)
    assert done["status"] == "done"
    fields = json.loads(document)
    assert fields["totalSum"] == 36000
    assert fields["fiscalDocumentNumber"] == done["payload"]["fiscal_document_number"]
    assert fields["fiscalSign"] == done["payload"]["fiscal_document_attribute"]
    assert json.loads(receipt)["state"] == "confirmed"
    assert "fiscalised" in trace and "operator" in trace


def run(blocks: list[str], platform: Platform, folder: Path) -> list[str]:
    """What each block printed. They share one shell, as a reader's do; a failing command ends it."""
    script = "".join(f"echo '{MARK.format(number)}'\n{block}\necho\n" for number, block in enumerate(blocks))
    script = script.replace("/tmp/", f"{folder}/").replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=platform.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return re.split(MARK.format(r"\d+") + "\n", done.stdout)[1:]
