import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkassa.fiscal import product_code
from openkassa.fiscal.marking import (
    GS,
    TAGS,
    MarkingError,
    from_base64,
    gtin_is_right,
    kind_of,
    normalise,
    parse,
    plain_or_base64,
)

GTIN = "04600439931256"
SHOES = f"01{GTIN}215Oqvgqwhcf6xN{GS}91EE06{GS}92" + "aB+/" * 11
LONG = f"01{GTIN}215Oqvgqwhcf6xN{GS}918029{GS}92" + "aB+/" * 22
MILK = f"01{GTIN}21123456{GS}9312AB"
TOBACCO = f"01{GTIN}21ABC123x{GS}8005112000{GS}93zzzz"
SHORT = "00000046198488X?io+qCABm8wAYa"
FUR = "RU-401301-AAA0277031"
EGAIS20 = "22N00002NU5DBKYDOT17ID980726019019608CW1A4XR5EJ7JKFX50FHHGV92ZR2GZRZ"
EGAIS30 = (
    "136222000058810918QWERDFEWT5123456YGHFDSWERT56YUIJHGFDSAERTYUIOKJ8HGFVCXZSD"
    "LKJHGFDSAOIPLMNBGHJYTRDFGHJKIREWSDFGHJIOIUTDWQASDFRETYUIUYGTREDFGHUYTREWQWE"
)

# kind, code, tag of 1163, what it holds, 2100
CODES = [
    ("gs1m", SHOES, 1305, f"01{GTIN}215Oqvgqwhcf6xN", 4),
    ("gs1m", LONG, 1305, f"01{GTIN}215Oqvgqwhcf6xN", 2),
    ("gs1m", MILK, 1305, f"01{GTIN}21123456", 5),
    ("gs1m", TOBACCO, 1305, f"01{GTIN}21ABC123x", 5),
    ("gs1m", f"01{GTIN}21ABC{GS}92" + "a" * 44, 1305, f"01{GTIN}21ABC", 3),
    ("gs10", f"01{GTIN}", 1304, f"01{GTIN}", 0),
    ("gs10", f"01{GTIN}21N4N57RTCBUZTQ{GS}2403054002410161218", 1304, f"01{GTIN}21N4N57RTCBUZTQ", 0),
    ("short", SHORT, 1306, "00000046198488X?io+qC", 1),
    ("fur", FUR, 1307, FUR, 0),
    ("egais20", EGAIS20, 1308, "NU5DBKYDOT17ID980726019", 0),
    ("egais30", EGAIS30, 1309, "13622200005881", 0),
    ("ean8", "46198488", 1301, "46198488", 0),
    ("ean13", "4006670128002", 1302, "4006670128002", 0),
    ("itf14", "14601234567890", 1303, "14601234567890", 0),
    ("unknown", "test_mark_code", 1300, "test_mark_code", 0),
]


@pytest.mark.parametrize(("kind", "text", "tag", "product", "code_type"), CODES)
def test_each_kind_is_known_by_its_look_and_says_what_the_receipt_carries(kind, text, tag, product, code_type):
    code = parse(text)
    assert (code.kind, code.tag, code.product, code.code_type) == (kind, tag, product, code_type)
    assert code == parse(text, kind) and code.text == text


def test_every_kind_has_an_example():
    assert {kind for kind, *_ in CODES} == set(TAGS)


@pytest.mark.parametrize(
    "text",
    [
        "]d2" + SHOES,
        GS + SHOES,
        "]d2]d2" + SHOES,
        GS + " " + SHOES + GS,
        "]C1" + SHOES + "\r\n",
        SHOES.replace(GS, "\\u001d"),
        SHOES.replace(GS, "<GS>"),
        SHOES.replace(GS, ""),
        f"(01){GTIN}(21)5Oqvgqwhcf6xN(91)EE06(92)" + "aB+/" * 11,
    ],
)
def test_whatever_scanners_and_json_do_to_a_code_it_is_the_same_code(text):
    assert parse(text) == parse(SHOES)


@pytest.mark.parametrize("text", [SHOES, LONG, MILK, TOBACCO])
def test_a_lost_separator_is_put_back_where_the_layout_leaves_one_place(text):
    assert parse(text.replace(GS, "")).text == text


def test_thirteen_characters_with_nothing_behind_are_a_serial_though_93_stands_in_them():
    code = parse(f"01{GTIN}21ABCDEFG93hijk", "gs1m")
    assert code.serial == "ABCDEFG93hijk" and code.code_type == 0


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("", None, "empty"),
        (GS, None, "empty"),
        ("x" * 257, None, "too_long"),
        ("010460043993125621\u0432", None, "layout"),
        ("a\x00b", None, "character"),
        ("0104600439931257" + "21abc", "gs1m", "gtin"),
        ("01046004399312x6" + "21abc", "gs1m", "gtin"),
        ("21abc", "gs1m", "gtin"),
        (f"01{GTIN}", "gs1m", "serial"),
        (f"01{GTIN}21" + "a" * 21, "gs1m", "length"),
        (f"01{GTIN[:9]}", "gs1m", "length"),
        (f"01{GTIN}21abc{GS}88x", "gs1m", "identifier"),
        (f"01{GTIN}21abc{GS}21def", "gs1m", "identifier"),
        ("4600439931256", "ean8", "length"),
        ("4600439931257", "ean13", "gtin"),
        ("RU-401301-AAA02770", "fur", "kind"),
        ("ABC", "egais20", "kind"),
        ("ABC", "egais30", "kind"),
        ("ABC", "short", "kind"),
        ("ABC", "datamatrix", "kind"),
    ],
)
def test_the_error_names_what_is_wrong(text, kind, code):
    with pytest.raises(MarkingError) as refused:
        parse(text, kind)
    assert refused.value.code == code and refused.value.text == str(refused.value)


def test_base64_is_read_where_it_is_base64_of_a_code_and_only_there():
    sent = base64.b64encode(SHOES.encode()).decode()
    assert from_base64(sent) == plain_or_base64(sent) == SHOES
    assert plain_or_base64(SHOES) == SHOES
    assert plain_or_base64("YWJj") == "YWJj"  # "abc" is no code, and this may be one
    with pytest.raises(MarkingError) as refused:
        from_base64("не base64")
    assert refused.value.code == "base64"


def test_the_control_code_is_the_end_of_the_crc_32():
    assert parse("123456789", "unknown").control == str(0xCBF43926)[-4:]  # check value of CRC-32/ISO-HDLC


# Examples of the order ЕД-7-20/662@, in which several programs agree.
BYTES = [
    (SHORT, "444D000002C0EED8583F696F2B714341426D382020"),
    (EGAIS20, "C5144E553544424B59444F5431374944393830373236303139"),
    (EGAIS30, "C51E3133363232323030303035383831"),
    ("46198488", "4508000002C0EED8"),
    (FUR, "52465255" + FUR[2:].encode().hex()),
]


@pytest.mark.parametrize(("text", "value"), BYTES)
def test_tag_1162_is_written_as_in_the_examples_of_the_order(text, value):
    assert product_code.to_bytes(parse(text)).hex().upper() == value.upper()


@pytest.mark.parametrize("text", [SHOES, MILK, FUR, "46198488", "4006670128002", "14601234567890", "13622200005881"])
def test_tag_1162_is_read_back_to_the_same_product(text):
    code = parse(text)
    again = product_code.from_text(product_code.to_bytes(code).hex(" "))
    assert (again.kind, again.product) == (code.kind, code.product)


def test_the_field_of_shops_takes_hexadecimal_and_the_code_itself():
    assert product_code.from_text(SHOES) == parse(SHOES)
    assert product_code.from_text("46198488").kind == "ean8"  # digits alone are hexadecimal too
    assert product_code.from_text("00 00 61 62").text == "ab"
    with pytest.raises(MarkingError):
        product_code.from_text("ABCDEF")
    with pytest.raises(MarkingError):
        product_code.from_text("444D042F1F968178FF")


digits = st.text("0123456789", min_size=13, max_size=13)
serials = st.text("ABCabc0123456789!\"%&'()*+,-./_:;=<>?", min_size=1, max_size=20)


def with_check_digit(body):
    return next(body + str(last) for last in range(10) if gtin_is_right(body + str(last)))


@given(digits, serials, st.sampled_from(["9312AB", "91EE06\x1d92" + "x" * 44, "91EE06\x1d92" + "x" * 88]))
def test_any_gtin_and_serial_come_back(body, serial, check):
    gtin = with_check_digit(body)
    text = f"01{gtin}21{serial}{GS}{check}"
    code = parse(text)
    assert (code.kind, code.gtin, code.serial, code.text) == ("gs1m", gtin, serial, text)
    assert code.product == f"01{gtin}21{serial}" and len(code.product) <= 38
    assert parse(code.text) == code
    assert plain_or_base64(base64.b64encode(text.encode()).decode()) == text


@given(digits, st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(body, place, step):
    gtin = with_check_digit(body)
    wrong = gtin[:place] + str((int(gtin[place]) + step) % 10) + gtin[place + 1 :]
    assert not gtin_is_right(wrong)


@given(st.text(max_size=60))
def test_a_normalised_text_is_not_changed_by_normalising_again(text):
    try:
        once = normalise(text)
    except MarkingError:
        return
    assert kind_of(once) in TAGS
    assert parse(once, "unknown").product == once.replace(GS, "")[:32]
