"""Links of СБП: published ones, those made here, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkassa.payqr import sbp
from openkassa.payqr.elqr import WrongQr

FOLDER = Path(__file__).parents[1] / "vectors"
VECTORS = json.loads((FOLDER / "sbp/sbp_vectors.json").read_text())
EMV = json.loads((FOLDER / "emv/emv_vectors.json").read_text())
LINKS = [one["url"] for one in VECTORS["published"] + VECTORS["synthetic"]]


@pytest.mark.parametrize("link", LINKS)
def test_links_are_read_and_written_alike(link):
    assert sbp.link(sbp.read(link)) == link


def test_what_they_say():
    qr = sbp.read(LINKS[0])
    assert (qr.kind, qr.bank, qr.amount) == ("static", "000000000001", 10000)
    assert sbp.read(LINKS[2]).kind == "dynamic"
    short = sbp.read(LINKS[2].partition("?")[0])
    assert (short.kind, short.bank, short.amount) == ("dynamic", None, None)


def test_the_checksum_is_that_of_the_standard():
    for text, value in EMV["crc_check"].items():
        assert sbp.crc(text) == value
    assert sbp.crc(EMV["emv_annex_b7"]["payload"][:-4]) == EMV["emv_annex_b7"]["crc"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("sum=10000", "sum=1", "checksum"), ("crc=F3D0", "crc=F3D1", "checksum"), ("type=01", "type=02", "value"),
        ("cur=RUB", "cur=KGS", "value"), ("qr.nspk.ru", "qr.nspk.example", "form"), ("AS1", "XX1", "form"),
        ("&crc=F3D0", "", "form"),
    ],
)  # fmt: skip
def test_faults_are_named(old, new, code):
    with pytest.raises(WrongQr) as wrong:
        sbp.read(LINKS[0].replace(old, new))
    assert wrong.value.code == code


@given(st.text(max_size=200))
def test_no_text_fails_otherwise(text):
    for given_text in (text, LINKS[0] + text, LINKS[0][:40] + text):
        try:
            sbp.read(given_text)
        except WrongQr as wrong:
            assert wrong.code in ("checksum", "form", "value")


def test_a_code_of_one_sale_names_its_amount():
    with pytest.raises(WrongQr):
        sbp.link(sbp.Sbp(id="AD" + "0" * 30, bank="100000000001"))
    with pytest.raises(WrongQr):
        sbp.link(sbp.Sbp(id="AD1", bank="100000000001", amount=1))
