from openkassa.fiscal.ffd.tags import TAGS, name


def test_meanings_in_force_replaced_the_old_ones():
    assert TAGS[1115].type == TAGS[1119].type == "stlv"
    assert TAGS[1120].type == "vln" and TAGS[1125].type == "byte" and TAGS[1082].type == "vln"


def test_what_nobody_has_confirmed_is_marked():
    unconfirmed = {row.tag for row in TAGS.values() if row.mark == "U"}
    assert {1011, 1082, 1115, 1119, 1120, 1234, 1235, 2040} <= unconfirmed


def test_every_mark_and_status_is_known():
    assert {row.mark for row in TAGS.values()} == {"S", "C", "U"}
    assert {row.status for row in TAGS.values()} == {"form", "current", "2025", "old"}


def test_the_cyrillic_letter_of_the_tax_service_is_kept():
    """Two implementations that exchange JSON with it spell the name of 1174 so."""
    assert TAGS[1174].json == "\N{CYRILLIC SMALL LETTER ES}orrectionBase"


def test_name_of_an_unknown_tag():
    assert name(1020) == "Сумма расчета, указанного в чеке (БСО)"
    assert name(3000) == "неизвестный реквизит"
