"""`kassa fiscal`: what bytes of the law's formats say, as a tree and on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Kassa
from tests.fiscal.fn.fn_samples import START, open_storage, receipt_content

WIRE = Path(__file__).parents[1] / "vectors/kkt-ofd-wire"


@pytest.fixture
def receipt(tmp_path: Path) -> str:
    """A file with the container of a receipt for 10 roubles."""
    file = tmp_path / "receipt.bin"
    file.write_bytes(open_storage().receipt(3, 1, 1000, receipt_content(1000), START).container)
    return str(file)


@pytest.mark.parametrize(("paper", "width"), [("58", 32), ("80", 48)])
def test_a_receipt_is_printed_on_either_paper(kassa: Kassa, receipt: str, paper: str, width: int) -> None:
    done = kassa("fiscal", "print", receipt, "--paper", paper)
    assert done.returncode == 0, done.stderr
    *lines, qr = done.stdout.splitlines()
    assert "КАССОВЫЙ ЧЕК" in done.stdout
    assert max(map(len, lines)) == width
    assert qr.startswith("t=") and "&s=10.00&fn=9999" in qr


def test_a_report_has_no_qr_code(kassa: Kassa) -> None:
    done = kassa("fiscal", "print", (WIRE / "registration_report_ffd105_message.hex").read_text().strip()[60:])
    assert done.returncode == 0, done.stderr
    assert "ПАРАМЕТРОВ РЕГИСТРАЦИИ" in done.stdout
    assert "fn=" not in done.stdout


@pytest.mark.parametrize("bytes_", ["00", "2a08410a", "ff" * 40, "0100"])
def test_what_is_no_document_is_named(kassa: Kassa, bytes_: str) -> None:
    done = kassa("fiscal", "print", bytes_)
    assert done.returncode == 1
    assert done.stderr.startswith("kassa: ")
    assert kassa("fiscal", "describe", bytes_).returncode == 0
