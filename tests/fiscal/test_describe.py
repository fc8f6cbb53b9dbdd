"""The readable tree of fiscal bytes."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkassa.fiscal.describe import describe
from openkassa.fiscal.ffd.tlv import encode

WIRE = Path(__file__).parents[1] / "vectors/kkt-ofd-wire"


def vector(name):
    return bytes.fromhex((WIRE / f"{name}.hex").read_text())


def test_a_whole_message():
    shown = describe(vector("registration_report_ffd105_message"))
    assert "session header, KKT-OFD" in shown and "storage 9999078900005488" in shown
    assert "CRC 0x7825 (right)" in shown
    assert "    1209 Номер версии ФФД: 1.05" in shown
    assert "message sign 8106a55ae10c4d750000" in shown


def test_a_header_alone():
    vectors = json.loads((WIRE.parent / "tlv/primitives.json").read_text())["vectors"]
    raw = bytes.fromhex(next(row["hex"] for row in vectors if row["type"] == "session header"))
    shown = describe(raw)
    assert "storage 9999078950" in shown and "body 305 bytes, 0 are there" in shown and "flags 0x0014" in shown


def test_a_container():
    shown = describe(vector("operator_ack_code14_container"))
    assert "container from an operator, form 7 Подтверждение оператора" in shown
    assert "      1022 Код ответа ОФД: 14 ошибка форматно-логического контроля" in shown


def test_a_document_and_plain_fields():
    item = [(1030, "Чай"), (1043, 80730), (1199, 11), (1214, 4)]
    assert describe(encode([(3, [(1059, item), (3000, b"\x01\x02"), (1055, 2)])])).splitlines() == [
        "3 Кассовый чек",
        "  1059 Предмет расчета",
        "    1030 Наименование предмета расчета: Чай",
        "    1043 Стоимость предмета расчета с учетом скидок и наценок: 807.30",
        "    1199 Ставка НДС: 11 (22%)",
        "    1214 Признак способа расчета: 4 (ПОЛНЫЙ РАСЧЕТ)",
        "  3000 (unknown tag): 0102",
        "  1055 Применяемая система налогообложения: 2 (0b10)",
    ]


def test_damage_is_shown():
    raw = bytearray(vector("operator_ack_code14_container"))
    raw[60] ^= 1
    assert "CRC 0xef45 (wrong, should be" in describe(bytes(raw))
    assert "119, 40 bytes are there" in describe(bytes(raw[:40]))
    assert "not TLV, offset 0, tag 1020: length 6, but only 1" in describe(b"\xfc\x03\x06\x00\x01")


def test_terminal_sequences_do_not_come_through():
    assert "\x1b" not in describe(encode([(1021, "А\x1b[31mБ")]))


@pytest.mark.parametrize("prefix", [b"", b"\x2a\x08\x41\x0a" + bytes(26), vector("container_ffd10")[:32]])
@given(data=st.binary(max_size=120))
def test_any_bytes_are_described(prefix, data):
    assert isinstance(describe(prefix + data), str)
