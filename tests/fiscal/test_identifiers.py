import json
from pathlib import Path

import pytest

from openkassa.fiscal.identifiers import (
    is_emulated_fn,
    is_fn_number,
    is_inn,
    is_rnm,
    make_rnm,
    normal_phone,
    roubles,
)

RNM = json.loads((Path(__file__).parents[1] / "vectors/rnm_vectors.json").read_text())["vectors"]


@pytest.mark.parametrize("row", RNM, ids=lambda row: row["rnm"])
def test_rnm_of_real_registers(row):
    assert make_rnm(int(row["rnm"][:10]), row["inn"], row["kkt_serial"]) == row["rnm"]
    assert is_rnm(row["rnm"], row["inn"], row["kkt_serial"])


@pytest.mark.parametrize("position", range(16))
def test_one_wrong_digit_of_a_rnm_is_seen(position):
    row = RNM[0]
    digit = str((int(row["rnm"][position]) + 1) % 10)
    wrong = row["rnm"][:position] + digit + row["rnm"][position + 1 :]
    assert not is_rnm(wrong, row["inn"], row["kkt_serial"])


def test_rnm_of_another_register_is_refused():
    row = RNM[0]
    assert not is_rnm(row["rnm"], RNM[2]["inn"], row["kkt_serial"])
    assert not is_rnm(row["rnm"], row["inn"], row["kkt_serial"] + "1")
    assert not is_rnm("123", row["inn"], row["kkt_serial"])
    assert not is_rnm(row["rnm"], "ИНН", row["kkt_serial"])


@pytest.mark.parametrize(
    ("sequence", "inn", "serial"), [(10**10, "7700000016", "1"), (1, "77", "1"), (1, "7700000016", "")]
)
def test_rnm_is_not_made_of_wrong_parts(sequence, inn, serial):
    with pytest.raises(ValueError):
        make_rnm(sequence, inn, serial)


@pytest.mark.parametrize("inn", ["7700000016", "7800000027", "5400000036", "500000000413"])
def test_right_inn(inn):
    assert is_inn(inn)


@pytest.mark.parametrize(
    "inn", ["7700000017", "500000000414", "500000000423", "770000001", "", "77000000 16", "٧٧٠٠٠٠٠٠١٦"]
)
def test_wrong_inn(inn):
    assert not is_inn(inn)


def test_fn_numbers():
    assert is_fn_number("7380440902582955") and not is_emulated_fn("7380440902582955")
    assert is_emulated_fn("9999078900005488")
    assert not is_fn_number("999907890000548") and not is_emulated_fn("9999")


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("8 (999) 123-45-67", "+79991234567"),
        ("+79991234567", "+79991234567"),
        ("9991234567", "+79991234567"),
        ("+996 555 123 456", "+996555123456"),
        ("none", None),
        ("", None),
        ("123", None),
        ("test@test.ru", None),
    ],
)
def test_phones(text, phone):
    assert normal_phone(text) == phone


def test_roubles():
    assert [roubles(value) for value in (0, 5, 28996, -105)] == ["0.00", "0.05", "289.96", "-1.05"]
