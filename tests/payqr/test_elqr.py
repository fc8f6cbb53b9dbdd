"""The Kyrgyz payment QR: vectors, what is refused, and that what is written is read again."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openkassa.payqr import elqr
from openkassa.payqr.elqr import Elqr, Extra, WrongQr

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/elqr/elqr_synthetic.json").read_text())
VALID = {one["name"]: one for one in VECTORS["valid"]}
INVALID = [one for one in VECTORS["invalid"] if one["fragment"]]
CODES = {
    "amount tampered": "checksum", "name shortened": "checksum", "no 63": "missing", "truncated TLV": "missing",
    "duplicate root 00": "twice", "type 99": "value", "63 not hex": "missing",
}  # fmt: skip


@pytest.mark.parametrize("one", VALID.values(), ids=VALID)
def test_links_and_fragments_of_banks_are_read(one):
    read = elqr.read(one["url"])
    assert read == elqr.read(one["fragment"])
    assert one["checksum"].lower() == elqr.checksum(one["fragment"][:-8])


def test_what_the_vectors_say():
    sale = elqr.read(VALID["dynamic_sale"]["url"])
    assert (sale.kind, sale.amount, sale.amount_editable, sale.payee_editable) == ("dynamic", 123450, False, False)
    assert (sale.provider, sale.service, sale.name, sale.mcc) == ("qr.example.kg", "checkout", "DEMO MARKET", "5411")
    assert elqr.read(VALID["static_table"]["url"]).amount is None
    assert elqr.read(VALID["static_amount_zero"]["url"]).comment == "ТЕСТ Т."
    assert elqr.read(VALID["merchant33_order_53_before_52"]["url"]).merchant == "34077"
    (extra,) = elqr.read(VALID["additional_field_35"]["url"]).extra
    assert extra == Extra(key="k1", label="l", value="v", title="Столик 5", visible=True)


@pytest.mark.parametrize("one", INVALID, ids=[one["why"] for one in INVALID])
def test_faults_are_named(one):
    fragment = one["fragment"]
    if one["why"] in ("duplicate root 00", "type 99"):  # with the right checksum: the fault itself has to be seen
        fragment = f"{fragment[:-8]}6304{elqr.checksum(fragment[:-8])}"
    with pytest.raises(WrongQr) as wrong:
        elqr.read(fragment)
    assert wrong.value.code == CODES[one["why"]]


def test_a_checksum_made_by_whoever_changed_the_amount_is_right():
    """Why amounts never come from a code: its checksum is no signature."""
    text = VALID["dynamic_sale"]["fragment"][:-8].replace("123450", "000001")
    assert elqr.read(f"{text}6304{elqr.checksum(text)}").amount == 1


def test_a_space_that_a_bank_wrote_as_plus_is_read():
    text = VALID["dynamic_sale"]["fragment"].replace("DEMO MARKET", "DEMO+MARKET")
    assert elqr.read(f"https://24.kompanion.kg/qr/#{text}").name == "DEMO MARKET"


@pytest.mark.parametrize("name", ["dynamic_sale", "static_table"])
def test_what_is_written_is_what_banks_write(name):
    one = VALID[name]
    assert elqr.fragment(elqr.read(one["url"])) == one["fragment"]


def words(most: int) -> st.SearchStrategy[str]:
    letters = st.characters(min_codepoint=0x20, max_codepoint=0xFFFF, exclude_categories=["Cs"])
    return st.text(letters, min_size=1, max_size=most)


fields = words(32).filter(lambda text: ":" not in text)
extras = st.builds(Extra, key=words(3), label=words(3), value=words(3), title=words(3), visible=st.booleans()).filter(
    lambda one: ":" not in one.key + one.label + one.value + one.title
)
codes = st.builds(
    Elqr,
    kind=st.just("dynamic"),
    provider=st.just("qr.example.kg"),
    name=words(25).filter(str.strip),
    mcc=st.from_regex("[0-9]{4}", fullmatch=True).filter(str.isascii),
    amount=st.integers(1, 10**13 - 1),
    service=words(8),
    payee=st.none() | words(10),
    transaction=st.none() | words(10),
    amount_editable=st.booleans(),
    payee_editable=st.booleans(),
    merchant=st.none() | fields,
    comment=st.none() | fields,
    extra=st.lists(extras, max_size=8).map(tuple),
)
SALE = Elqr(kind="dynamic", provider="qr.example.kg", name="Demo", mcc="5411", amount=1, service="checkout")


@given(codes)
@example(dataclasses.replace(SALE, name="6304abcd", comment="+6304+%41#?&"))
def test_what_is_written_is_read_again_from_every_banks_button(qr):
    fragment = elqr.fragment(qr)
    for base in elqr.BANKS.values():
        assert elqr.read(elqr.link(base, fragment)) == qr


@given(st.text(max_size=300))
def test_no_text_fails_otherwise(text):
    for given_text in (text, quote(text), f"000201{text}6304{elqr.checksum('000201' + text)}"):
        try:
            elqr.read(given_text)
        except WrongQr as wrong:
            assert wrong.code in ("checksum", "form", "missing", "value", "twice")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 0}, "54"), ({"amount": None}, "54"), ({"amount": 10**13}, "54"), ({"provider": "bank"}, "32.00"),
        ({"service": None}, "32.01"), ({"service": "x" * 33}, "32.01"), ({"name": "x" * 26}, "59"),
        ({"name": " "}, "59"),
        ({"name": "🍎"}, "59"), ({"mcc": "541"}, "52"), ({"comment": "a\nb"}, "34"),
        ({"payee": "x" * 32, "transaction": "x" * 32}, "32"),
        ({"extra": (Extra(key="a:b", label="", value="", title="", visible=True),)}, "35"),
        ({"extra": (Extra(key="a" * 32, label="", value="b" * 32, title="", visible=True),) * 6}, "39"),
    ],
)  # fmt: skip
def test_a_writer_is_strict(change, field):
    with pytest.raises(WrongQr) as wrong:
        elqr.fragment(dataclasses.replace(SALE, **change))
    assert wrong.value.field == field


def test_a_sticker_needs_no_amount():
    assert elqr.read(elqr.fragment(dataclasses.replace(SALE, kind="static", amount=None))).amount is None
