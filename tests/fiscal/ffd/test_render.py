"""What a draft becomes in each version of the format."""

import datetime as dt
from decimal import Decimal

import pytest
from tests.fiscal.ffd.samples import make_correction, make_draft, make_item, make_profile

from openkassa.fiscal.draft import (
    Agent,
    Buyer,
    Cashless,
    Correction,
    IndustryProps,
    OperatingProps,
    Payments,
    Supplier,
)
from openkassa.fiscal.ffd.render import local_day, render_content
from openkassa.fiscal.ffd.tlv import UnencodableValue, all_of, decode, first

PUT_BY_THE_STORAGE = {1209, 1190, 1041, 1037, 1018, 1040, 1012, 1077, 1038, 1042, 1054, 1020}
AGENT = Agent(operation="ПРИЁМ", transfer_phones=("+79990000001", "+79990000002"), transfer_inn="7700000016")


def rendered(draft, **profile):
    return decode(render_content(draft, make_profile(**profile)))


def everything(**changes):
    """A draft with each field that any version carries."""
    props = (IndustryProps(authority="030", date="21.11.2023", number="1944", value="UUID=1"),)
    item = make_item(
        unit="шт",
        product_code="444D0001",
        excise=150,
        country="643",
        declaration="10702030/171014/0015527",
        extra="доп",
        agent_type=64,
        agent=AGENT,
        supplier=Supplier(name="ООО Поставщик", inn="7800000027", phones=("+79990000003",)),
        industry=props,
    )
    fields = {
        "items": (item, make_item(name="Второй", vat=2)),
        "buyer": Buyer(contact="+79991112233", name="Иванов И. И.", inn="500000000413", birthdate="01.02.1990"),
        "agent_type": 32,
        "agent": Agent(transfer_name="Перевод"),
        "supplier": Supplier(name="ООО Общий", inn="7800000034", phones=("+79990000009",)),
        "industry": props,
        "operating": OperatingProps(operation_id=7, data="данные", at=1_700_000_000),
        "cashless": (Cashless(amount=161460, method=1, ids="rrn 1", extra="СБП"),),
        "internet": True,
        "time_zone": 2,
        "cashier_inn": "500000000413",
        "machine_number": "159",
        "extra": "№ 17",
        "user_extra": ("Заказ", "123"),
    }
    return make_draft(**{**fields, **changes})


@pytest.mark.parametrize("ffd", [2, 3, 4])
@pytest.mark.parametrize("make", [make_draft, make_correction, everything])
def test_tags_of_the_storage_are_left_to_it(make, ffd):
    assert not PUT_BY_THE_STORAGE & {tag for tag, _ in rendered(make(), ffd=ffd)}


def test_a_plain_receipt_in_the_order_of_real_ones():
    pairs = rendered(make_draft())
    item = [(1030, "Чай зелёный"), (1079, 26910), (1023, Decimal(3)), (2108, 0), (1043, 80730)]
    item += [(1199, 11), (1214, 4), (1212, 1)]
    assert pairs[0] == (1059, item)
    assert pairs[1:6] == [(1031, 0), (1081, 80730), (1215, 0), (1216, 0), (1217, 0)]
    assert pairs[6:8] == [(1055, 1), (1115, [(1119, [(1199, 11), (1120, 14558)])])]
    assert dict(pairs[8:]) == {
        1008: "buyer@example.com",
        1021: "Кассир",
        1048: 'ООО "ПРИМЕР"',
        1009: "г. Пример, ул. Примерная, 1",
        1187: "Магазин",
        1060: "www.nalog.gov.ru",
        1117: "shop@example.com",
    }


def test_vat_of_each_rate_goes_to_its_tag():
    items = tuple(make_item(vat=code, price=12200, quantity=Decimal(1), amount=12200) for code in range(1, 13))
    pairs = rendered(make_draft(items=items))
    expected = {1102: 2033, 1103: 1109, 1104: 12200, 1105: 12200, 1106: 2033, 1107: 1109}
    assert {tag: first(pairs, tag) for tag in expected} == expected
    newer = [(dict(row)[1199], dict(row)[1120]) for row in all_of(first(pairs, 1115), 1119)]
    assert newer == [(7, 581), (8, 798), (9, 581), (10, 798), (11, 2200), (12, 2200)]


def test_unit_is_text_before_1_2_and_a_code_since():
    item = make_item(unit="упак", measure=11)
    for ffd in (2, 3):
        fields = first(rendered(make_draft(items=(item,)), ffd=ffd), 1059)
        assert first(fields, 1197) == "упак" and first(fields, 2108) is None
    fields = first(rendered(make_draft(items=(item,))), 1059)
    assert first(fields, 1197) is None and first(fields, 2108) == 11


def test_buyer_is_on_the_level_of_the_receipt_before_1_2():
    old = rendered(everything(), ffd=2)
    assert (first(old, 1227), first(old, 1228), first(old, 1256)) == ("Иванов И. И.", "500000000413", None)
    new = rendered(everything())
    assert first(new, 1227) is None
    assert first(new, 1256) == [(1227, "Иванов И. И."), (1228, "500000000413"), (1243, "01.02.1990")]
    assert first(new, 1008) == first(old, 1008) == "+79991112233"


def test_agent_of_the_receipt_before_1_2():
    old = rendered(everything(), ffd=2)
    assert (first(old, 1057), first(old, 1026), all_of(old, 1171)) == (32, "Перевод", ["+79990000009"])
    own, inherited = all_of(old, 1059)
    assert (first(own, 1226), first(own, 1224)) == ("7800000027", [(1171, "+79990000003"), (1225, "ООО Поставщик")])
    assert (first(inherited, 1222), first(inherited, 1226)) == (None, "7800000034")
    assert first(inherited, 1224) == [(1225, "ООО Общий")]


def test_agent_of_the_receipt_goes_into_lines_without_their_own_in_1_2():
    new = rendered(everything())
    assert first(new, 1057) is None and first(new, 1171) is None
    own, inherited = all_of(new, 1059)
    assert first(own, 1222) == 64
    agent = [(1075, "+79990000001"), (1075, "+79990000002"), (1044, "ПРИЁМ"), (1016, "7700000016")]
    assert first(own, 1223) == agent
    assert first(own, 1224) == [(1171, "+79990000003"), (1225, "ООО Поставщик")]
    assert first(own, 1226) == "7800000027"
    assert first(inherited, 1222) == 32
    assert first(inherited, 1223) == [(1026, "Перевод")]
    assert first(inherited, 1224) == [(1171, "+79990000009"), (1225, "ООО Общий")]
    assert first(inherited, 1226) == "7800000034"


def test_sectoral_and_operating_requisites_are_of_1_2_only():
    old, new = rendered(everything(), ffd=3), rendered(everything())
    assert first(old, 1261) is first(old, 1270) is first(first(old, 1059), 1260) is None
    props = [(1262, "030"), (1263, "21.11.2023"), (1264, "1944"), (1265, "UUID=1")]
    assert first(new, 1261) == first(first(new, 1059), 1260) == props
    assert first(new, 1270) == [(1273, 1_700_000_000), (1271, 7), (1272, "данные")]


def test_product_code_of_1_05():
    assert first(first(rendered(everything(), ffd=2), 1059), 1162) == bytes.fromhex("444d0001")
    assert first(first(rendered(everything()), 1059), 1162) is None


def test_the_rest_of_the_fields():
    pairs = rendered(everything())
    assert first(pairs, 1234) == [(1235, [(1082, 161460), (1236, 1), (1237, "rrn 1"), (1238, "СБП")])]
    assert (first(pairs, 1125), first(pairs, 1011), first(pairs, 1203)) == (1, 2, "500000000413")
    assert (first(pairs, 1036), first(pairs, 1192)) == ("159", "№ 17")
    assert first(pairs, 1084) == [(1085, "Заказ"), (1086, "123")]
    line = first(pairs, 1059)
    assert (first(line, 1229), first(line, 1230), first(line, 1231), first(line, 1191)) == (
        150,
        "643",
        "10702030/171014/0015527",
        "доп",
    )


def test_empty_texts_are_left_out():
    draft = make_draft(cashier="", extra="", seller_email="", buyer=Buyer(contact="", name=""))
    tags = {tag for tag, _ in rendered(draft, seller_email=None)}
    assert not tags & {1008, 1021, 1117, 1192, 1227, 1256}


def test_the_draft_overrides_the_pool():
    draft = make_draft(address="г. Другой", place="shop.example.com", seller_email="a@b.example", machine_number="7")
    pairs = rendered(draft, machine_number="1", internet_only=True)
    assert [first(pairs, tag) for tag in (1009, 1187, 1117, 1036, 1108)] == [
        "г. Другой",
        "shop.example.com",
        "a@b.example",
        "7",
        1,
    ]


def test_correction_with_lines():
    pairs = rendered(make_correction(correction=Correction(by_order=True, date=dt.date(2026, 3, 4), number="12/3")))
    assert first(pairs, 1173) == 1
    assert first(pairs, 1174) == [(1178, local_day(dt.date(2026, 3, 4))), (1179, "12/3")]
    assert first(pairs, 1059) is not None


def test_correction_of_1_05_without_lines_names_its_vat():
    draft = make_correction(items=(), total=50000, payments=Payments(cash=50000), correction_vat=((1, 8333), (11, 100)))
    pairs = rendered(draft, ffd=2)
    assert first(pairs, 1059) is None
    assert first(pairs, 1102) == 8333
    assert first(pairs, 1115) == [(1119, [(1199, 11), (1120, 100)])]
    assert first(pairs, 1031) == 50000


def test_number_of_the_order_is_left_out_where_it_may_be():
    assert first(first(rendered(make_correction()), 1174), 1179) is None
    assert first(first(rendered(make_correction(), ffd=2), 1174), 1179) == " "


def test_vat_of_a_correction_is_of_the_day_that_it_corrects():
    item = make_item(vat=1, price=11800, quantity=Decimal(1), amount=11800)
    old = make_correction(items=(item,), correction=Correction(by_order=False, date=dt.date(2018, 5, 1)))
    assert first(rendered(old), 1102) == 1800  # 18 %
    assert first(rendered(make_correction(items=(item,))), 1102) == 1967  # 20 %


def test_what_cannot_be_written_is_named():
    with pytest.raises(UnencodableValue) as caught:
        render_content(make_draft(items=(make_item(name="€"),)), make_profile())
    assert caught.value.tag == 1030
