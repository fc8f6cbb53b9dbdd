import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkassa.fiscal.ffd.qr import NotAReceiptQR, ReceiptQR, parse

VECTORS = Path(__file__).parents[2] / "vectors"
REAL = json.loads((VECTORS / "fns-json/receipt_2024_ffd12_marking_qr.json").read_text())


def test_qr_of_a_real_receipt():
    qr = parse(REAL["_qr"])
    assert (qr.total, qr.fd, qr.fiscal_sign) == (REAL["totalSum"], REAL["fiscalDocumentNumber"], REAL["fiscalSign"])
    assert (qr.fn, qr.operation) == (REAL["fiscalDriveNumber"], REAL["operationType"])
    assert str(qr) == REAL["_qr"]


@pytest.mark.parametrize(
    "text",
    [
        "t=20240809T082400&s=289.96&fn=7284440700391860&i=27758&fp=283447322&n=1",
        "n=1&fp=283447322&i=27758&fn=7284440700391860&s=289,96&t=20240809T0824",
        "https://check.example.com/?t=20240809T0824&s=289.96&fn=7284440700391860&i=0027758&fp=0283447322&n=1",
        "  t=20240809T0824&s=289.96&fn=7284440700391860&i=27758&fp=283447322&n=1\n",
    ],
)
def test_other_writings_are_read_alike(text):
    assert parse(text) == parse(REAL["_qr"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no t, s, fn"),
        (REAL["_qr"].replace("&n=1", ""), "no n"),
        (REAL["_qr"].replace("n=1", "n=5"), "n=5"),
        (REAL["_qr"].replace("T0824", "T2560"), "isn't a time"),
        (REAL["_qr"].replace("289.96", "-1"), "isn't a sum"),
        (REAL["_qr"].replace("27758", "x"), "i=x"),
        ("t=" + "1" * 600, "shorter"),
    ],
)
def test_what_is_wrong_is_named(text, words):
    with pytest.raises(NotAReceiptQR, match=words):
        parse(text)


@given(
    st.builds(
        ReceiptQR,
        local_time=st.integers(0, 2**32 - 60).map(lambda value: value // 60 * 60),
        total=st.integers(0, 2**48 - 1).filter(lambda value: value < 10**15),
        fn=st.integers(0, 10**16 - 1).map(lambda value: f"{value:016d}"),
        fd=st.integers(1, 2**32 - 1),
        fiscal_sign=st.integers(0, 2**32 - 1),
        operation=st.integers(1, 4),
    )
)
def test_what_is_written_is_read(qr):
    assert parse(str(qr)) == qr


@given(st.text(max_size=100))
def test_any_text_raises_only_its_own_error(text):
    with contextlib.suppress(NotAReceiptQR):
        parse(text)
