"""What Komtet's words become in the terms of fiscal documents."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from tests.api.atol.test_atol_mapping import DAY, channel
from tests.api.atol.test_atol_v5_mapping import INDUSTRY, PLAIN, SECTORAL
from tests.api.komtet import calls
from tests.fiscal.test_marking import SHOES

from openkassa.fiscal.draft import Agent, Buyer, Cashless, Mark, OperatingProps, Payments, Supplier
from openkassa.fiscal.ffd.codes import MEASURES


def mapped(body: dict, version: str = "v2", **of_channel: int):
    from openkassa.api.komtet.versions import VERSIONS

    return VERSIONS[version].mapped(json.dumps(body).encode(), channel(**of_channel), DAY)


def faults(body: dict, version: str = "v2", **of_channel: int) -> dict[str, str]:
    from openkassa.api.faults import Invalid

    with pytest.raises(Invalid) as caught:
        mapped(body, version, **of_channel)
    return dict(caught.value.faults)


def line(**changes):
    return mapped(calls.check(positions=[calls.position(**changes)])).draft.items[0]


def line_v1(ffd: int = 2, **changes):
    return mapped(calls.check_v1(positions=[calls.position_v1(**changes)]), "v1", ffd=ffd).draft.items[0]


# -- tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("intent", "code", "form"),
    [("sell", 1, 3), ("sellReturn", 2, 3), ("buy", 3, 3), ("buyReturn", 4, 3), ("sellCorrection", 1, 31),
     ("sellReturnCorrection", 2, 31), ("buyCorrection", 3, 31), ("buyReturnCorrection", 4, 31)],
)  # fmt: skip
def test_intents(intent, code, form):
    for version, body in (("v2", calls.correction(intent=intent)), ("v1", calls.correction_v1(intent=intent))):
        if form == 3:
            body = calls.check(intent=intent) if version == "v2" else calls.check_v1(intent=intent)
        result = mapped(body, version)
        assert (result.draft.operation, result.draft.form) == (code, form)
        assert result.external_key == f"{result.external_id}|{intent}"


@pytest.mark.parametrize(("sno", "code"), [(0, 1), (1, 2), (2, 4), (4, 16), (5, 32)])
def test_taxation(sno, code):
    company = {"payment_address": "https://shop.example", "sno": sno}
    assert mapped(calls.check(company=company), taxation=63).draft.taxation == code
    assert mapped(calls.check_v1(sno=sno), "v1", taxation=63).draft.taxation == code


VAT = {"20": 1, "10": 2, "120": 3, "110": 4, "0": 5, "no": 6, "5": 7, "7": 8, "105": 9, "107": 10, "22": 11, "122": 12}


@pytest.mark.parametrize(("name", "code"), VAT.items())
def test_vat(name, code):
    assert line(vat=name).vat == line_v1(vat=name).vat == code
    if name != "no":
        assert line(vat=int(name)).vat == line(vat=f"{name}%").vat == code


METHODS = {"pre_payment_full": 1, "pre_payment_part": 2, "advance": 3, "full_payment": 4, "credit_part": 5,
           "credit": 6, "credit_pay": 7}  # fmt: skip


@pytest.mark.parametrize(("name", "code"), METHODS.items())
def test_methods(name, code):
    assert line(payment_method=name).method == line_v1(calculation_method=name).method == code


OBJECTS = {
    "product": 1, "product_practical": 2, "work": 3, "service": 4, "gambling_bet": 5, "gambling_win": 6,
    "lottery_bet": 7, "lottery_win": 8, "rid": 9, "payment": 10, "commission": 11, "pay": 12, "other": 13,
    "property_right": 14, "non_operating": 15, "insurance": 16, "sales_tax": 17, "resort_fee": 18, "deposit": 19,
    "consumption": 20, "sole_proprietor_cpi_contributins": 21, "cpi_contributins": 22,
    "sole_proprietor_cmi_contributins": 23, "cmi_contributins": 24, "csi_contributins": 25, "casino_payment": 26,
    "payment_of_the_money": 27, "atnm": 30, "atm": 31, "tnm": 32, "tm": 33, "composite": 13,
}  # fmt: skip


@pytest.mark.parametrize(("name", "code"), OBJECTS.items())
def test_objects(name, code):
    assert line(payment_object=name).kind == code
    assert line_v1(4, calculation_subject=name).kind == code


def test_a_composite_object_and_a_payout_had_other_codes_before_ffd_1_2():
    assert line_v1(2, calculation_subject="composite").kind == 12
    assert line_v1(2, calculation_subject="pay").kind == 13


@pytest.mark.parametrize("code", MEASURES)
def test_measures(code):
    assert line(measure=code).measure == code
    before = mapped(calls.check(positions=[calls.position(measure=code)]), ffd=2).draft.items[0]
    assert (before.measure, before.unit) == (0, MEASURES[code] or None)


@pytest.mark.parametrize(
    ("name", "field"),
    [("card", "electronic"), ("cash", "cash"), ("prepayment", "prepaid"), ("credit", "credit"),
     ("counter_provisioning", "other")],
)  # fmt: skip
def test_payments(name, field):
    payments = [{"sum": 20, "type": name}, {"sum": 1, "type": name}]
    assert mapped(calls.check(payments=payments)).draft.payments == Payments(**{field: 2100})


AGENTS = {"bank_payment_agent": 1, "bank_payment_subagent": 2, "payment_agent": 4, "payment_subagent": 8,
          "solicitor": 16, "commissionaire": 32, "agent": 64}  # fmt: skip


@pytest.mark.parametrize(("name", "bit"), AGENTS.items())
def test_agents(name, bit):
    agent = {"agent_info": {"type": name}, "supplier_info": {"inn": "7707083893"}}
    assert line(**agent).agent_type == line_v1(**agent).agent_type == bit
    assert mapped(calls.check_v1(**agent), "v1").draft.agent_type == bit


@pytest.mark.parametrize("kind", PLAIN)
def test_kinds_of_codes(kind):
    assert line(mark_code={kind: PLAIN[kind]}).mark == Mark(kind=kind, code=PLAIN[kind])


@pytest.mark.parametrize(("kind", "code"), [("gs1m", SHOES), ("short", "04600439931256JgXJ5.TAAAAabcd")])
def test_marking_codes_are_plain(kind, code):
    assert line(mark_code={kind: code}).mark == Mark(kind=kind, code=code)


# -- fields ----------------------------------------------------------------------------------------------------------


def test_all_of_a_v2_check():
    client = {
        "email": "a@b.ru", "phone": "+79991112233", "name": "Иванов", "inn": "500100732259", "birthdate": "01.02.1990",
        "citizenship": "643", "document_code": "21", "document_data": "1234 567890", "address": "Москва",
    }  # fmt: skip
    agent = {
        "type": "payment_agent", "paying_agent": {"operation": "Приём", "phones": ["+79991112233"]},
        "receive_payments_operator": {"phones": ["+79992223344"]},
        "money_transfer_operator": {"name": "Оператор", "phones": ["+79993334455"], "address": "А",
                                    "inn": "7707083893"},
    }  # fmt: skip
    position = calls.position(
        id=5, quantity=1, price=21, mark_code={"gs1m": SHOES}, mark_quantity={"numerator": 1, "denominator": 2},
        planned_status=2, wholesale=True, sectoral_item_props=[SECTORAL], excise=1.5, country_code="643",
        declaration_number="1/2", user_data="u", agent_info=agent,
        supplier_info={"name": "Поставщик", "phones": ["+79995556677"], "inn": "7707083893"},
    )  # fmt: skip
    result = mapped(
        calls.check(
            client=client,
            company={"payment_address": "https://a.example", "place_address": "Москва, 2", "sno": 0,
                     "inn": "5544332219"},
            positions=[position],
            cashier={"name": "Кассир", "inn": "500100732259"},
            additional_check_props="доп",
            additional_user_props={"name": "имя", "value": "значение"},
            sectoral_check_props=[SECTORAL],
            operating_check_props={"name": "0", "value": "данные", "timestamp": "21.11.2026 10:00:00"},
            callback_url="https://shop.example/index.php?route=extension/module/komtet_kassa;x=~1",
            internet=True,
            timezone=2,
            cashless_payments=[{"sum": 21, "method": 2, "id": "t1", "additional_info": "карта"}],
        )
    )  # fmt: skip
    draft, item = result.draft, result.draft.items[0]
    assert draft.buyer == Buyer(
        contact="a@b.ru", name="Иванов", inn="500100732259", birthdate="01.02.1990", citizenship="643",
        document_code="21", document_data="1234 567890", address="Москва",
    )  # fmt: skip
    assert (result.email, result.phone) == ("a@b.ru", "")
    assert (draft.place, draft.address) == ("https://a.example", "Москва, 2")
    assert (draft.cashier, draft.cashier_inn, draft.extra, draft.user_extra) == (
        "Кассир", "500100732259", "доп", ("имя", "значение")
    )  # fmt: skip
    at = int(dt.datetime(2026, 11, 21, 10, tzinfo=dt.UTC).timestamp())
    assert draft.operating == OperatingProps(operation_id=0, data="данные", at=at)
    assert (draft.industry, draft.internet, draft.time_zone) == ((INDUSTRY,), True, 2)
    assert draft.cashless == (Cashless(amount=2100, method=2, ids="t1", extra="карта"),)
    assert result.callback_url.endswith(";x=~1")
    assert item.mark == Mark(kind="gs1m", code=SHOES, planned_status=2, numerator=1, denominator=2)
    assert (item.industry, item.wholesale, item.excise, item.country, item.declaration, item.extra) == (
        (INDUSTRY,), True, 150, "643", "1/2", "u"
    )  # fmt: skip
    assert item.agent_type == 4
    assert item.agent == Agent(
        operation="Приём", paying_agent_phones=("+79991112233",), receiver_phones=("+79992223344",),
        transfer_phones=("+79993334455",), transfer_name="Оператор", transfer_address="А", transfer_inn="7707083893",
    )  # fmt: skip
    assert item.supplier == Supplier(name="Поставщик", inn="7707083893", phones=("+79995556677",))
    assert result.warnings == ()


def test_all_of_a_v1_check():
    code = "444D042F1F96817835 4F71766771776863663678".replace(" ", "")
    position = calls.position_v1(
        id="5", measure_name="кг", calculation_method="advance", calculation_subject="service", excise=1.5,
        country_code="643", declaration_number="1/2", user_data="u", nomenclature_code={"hex_code": code},
    )  # fmt: skip
    result = mapped(
        calls.check_v1(
            user="8 (999) 111-22-33",
            client={"name": "Иванов", "inn": "500100732259"},
            payment_address="https://a.example",
            place_address="Москва, 2",
            positions=[position],
            cashier={"name": "Кассир"},
            internet=True,
        ),
        "v1",
        ffd=2,
    )
    draft, item = result.draft, result.draft.items[0]
    assert draft.buyer == Buyer(contact="+79991112233", name="Иванов", inn="500100732259")
    assert (result.email, result.phone) == ("", "+79991112233")
    assert (draft.place, draft.address, draft.cashier, draft.internet) == (
        "https://a.example", "Москва, 2", "Кассир", True
    )  # fmt: skip
    assert (item.unit, item.measure, item.product_code, item.method, item.kind) == ("кг", 0, code, 3, 4)
    newest = mapped(calls.check_v1(positions=[position]), "v1").draft.items[0]
    assert (newest.unit, newest.measure, newest.product_code, newest.mark.kind) == (None, 11, None, "gs1m")
    plain = line_v1(4, nomenclature_code={"code": SHOES}).mark
    assert (plain.kind, plain.code) == ("gs1m", SHOES)


def test_what_is_left_out_has_the_usual_meaning():
    bare = {"name": "Хлеб", "price": 21, "quantity": 1, "total": 21}
    for version, body in (("v2", calls.check(positions=[bare])), ("v1", calls.check_v1(positions=[bare]))):
        result = mapped(body, version)
        item = result.draft.items[0]
        assert (item.method, item.kind, item.measure, item.vat) == (4, 1, 0, 6)
        assert "без НДС" in result.warnings[0]


@pytest.mark.parametrize("empty", [[], None])
def test_empty_arrays_in_place_of_objects_are_absent(empty):
    fields = {"cashier": empty, "additional_user_props": empty, "cashless_payments": empty}
    position = {"mark_code": empty, "mark_quantity": empty, "sectoral_item_props": empty}
    body = calls.correction(
        client=empty, company=empty, authorised_person=empty, sectoral_check_props=empty, operating_check_props=empty,
        positions=[calls.position(**position)], **fields,
    )  # fmt: skip
    draft = mapped(body).draft
    assert (draft.buyer, draft.place, draft.cashier, draft.operating, draft.items[0].mark) == (None,) * 5
    old = calls.correction_v1(client=empty, positions=[calls.position_v1(nomenclature_code=empty)], **fields)
    assert mapped(old, "v1").draft.buyer is None


def test_noise_and_discounts_of_the_sdk():
    """The SDK multiplies floats and spreads discounts over totals."""
    noisy = calls.position(price=33.33, quantity=3, total=33.33 * 3)
    draft = mapped(calls.check(positions=[noisy], payments=[{"sum": 99.99, "type": "card"}])).draft
    assert draft.total == 9999
    body = calls.check(
        positions=[calls.position(price=40, quantity=3, total=100)], payments=[{"sum": 100, "type": "card"}]
    )
    lines = [(one.price, one.quantity, one.amount) for one in mapped(body).draft.items]
    assert lines == [(3333, 2, 6666), (3334, 1, 3334)]


def test_payments_that_differ_from_the_positions_name_both_sums_and_the_difference():
    found = faults(calls.check(payments=[{"sum": 20.5, "type": "card"}]))
    assert found == {"payments": "сумма оплат 20.50 не равна сумме позиций 21, разница -0.50"}


@pytest.mark.parametrize(
    ("fields", "fault"),
    [({"external_id": None}, "external_id"), ({"external_id": " "}, "external_id"),
     ({"external_id": 1.5}, "external_id"),
     ({"external_id": True}, "external_id"), ({"external_id": "x" * 129}, "external_id"),
     ({"intent": "give"}, "intent"),
     ({"intent": None}, "intent"), ({"positions": []}, "positions"), ({"payments": []}, "payments"),
     ({"payments": [{"sum": 21, "type": "gold"}]}, "payments[0].type"),
     ({"payments": [{"sum": "21", "type": "card"}]}, "payments[0].sum"),
     ({"payments": [{"sum": 1, "type": "card"}] * 11}, "payments"), ({"timezone": 12}, "timezone"),
     ({"client": {}}, "client"), ({"client": None}, "client"), ({"company": {"sno": 3}}, "company.sno"),
     ({"company": {"sno": 5}}, "company.sno"), ({"company": {"sno": 0, "inn": "7707083893"}}, "company.inn"),
     ({"positions": [calls.position(total=None)]}, "positions[0].total"),
     ({"positions": [calls.position(name="")]}, "positions[0].name"),
     ({"positions": [calls.position(vat="18")]}, "positions[0].vat"),
     ({"positions": [calls.position(vat=True)]}, "positions[0].vat"),
     ({"positions": [calls.position(measure=1)]}, "positions[0].measure"),
     ({"positions": [calls.position(payment_object="thing")]}, "positions[0].payment_object"),
     ({"positions": [calls.position(payment_method="later")]}, "positions[0].payment_method"),
     ({"positions": [calls.position(mark_code={"ean8": "1", "ean13": "2"})]}, "positions[0].mark_code"),
     ({"positions": [calls.position(agent_info={"type": "friend"})]}, "positions[0].agent_info.type"),
     ({"positions": [calls.position(country_code="1234")]}, "positions[0].country_code")],
)  # fmt: skip
def test_v2_checks_that_are_refused(fields, fault):
    assert list(faults(calls.check() | fields)) == [fault]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [({"user": ""}, "user"), ({"sno": 3}, "sno"), ({"sno": "x"}, "sno"),
     ({"positions": [calls.position_v1(calculation_subject="thing")]}, "positions[0].calculation_subject"),
     ({"positions": [calls.position_v1(calculation_method="later")]}, "positions[0].calculation_method"),
     ({"positions": [calls.position_v1(measure_name="x" * 17)]}, "positions[0].measure_name"),
     ({"positions": [calls.position_v1(nomenclature_code={"code": "Ж"})]}, "positions[0].nomenclature_code.code"),
     ({"positions": [calls.position_v1(nomenclature_code={"hex_code": "Ж"})]},
      "positions[0].nomenclature_code.hex_code")],
)  # fmt: skip
def test_v1_checks_that_are_refused(fields, fault):
    assert list(faults(calls.check_v1() | fields, "v1")) == [fault]


def test_a_queue_with_several_taxation_systems_needs_one_named():
    company = {"payment_address": "https://shop.example"}
    assert mapped(calls.check(company=company), taxation=2).draft.taxation == 2
    assert list(faults(calls.check(company=company), taxation=3)) == ["company.sno"]
    assert list(faults(calls.check_v1(sno=None), "v1", taxation=3)) == ["sno"]


def test_a_callback_address_that_can_not_be_called_is_a_warning():
    for address in ("shop.example", "ftp://shop.example", "https://shop.example/" + "x" * 250, "http:// x"):
        result = mapped(calls.check(callback_url=address))
        assert result.callback_url == ""
        assert result.warnings[0].startswith("callback_url: ")


# -- corrections -----------------------------------------------------------------------------------------------------


def test_corrections():
    own = mapped(calls.correction()).draft
    assert (own.correction.by_order, own.correction.date, own.correction.number) == (False, dt.date(2026, 11, 20), None)
    info = {"type": "instruction", "base_date": "20.11.2026", "base_number": "№ 5"}
    person = {"name": "Петров", "inn": "500100732259"}
    ordered = mapped(calls.correction(correction_info=info, authorised_person=person)).draft
    assert (ordered.correction.by_order, ordered.correction.number) == (True, "№ 5")
    assert (ordered.cashier, ordered.cashier_inn) == ("Петров", "500100732259")
    assert mapped(calls.correction_v1(), "v1", ffd=2).draft.correction == own.correction
    forced = {"type": "forced", "date": "2026-11-20", "document": "№ 5", "description": "x"}
    assert mapped(calls.correction_v1(correction=forced), "v1").draft.correction == ordered.correction


def test_a_correction_on_ffd_1_05_has_the_vat_of_its_lines_and_no_lines():
    draft = mapped(calls.correction(), ffd=2).draft
    assert (draft.items, draft.correction_vat, draft.total) == ((), ((11, 379),), 2100)


@pytest.mark.parametrize(
    ("info", "field"),
    [(None, "correction_info"), ({"type": "other", "base_date": "20.11.2026"}, "correction_info.type"),
     ({"type": "self", "base_date": "2026-11-20"}, "correction_info.base_date"),
     ({"type": "self", "base_date": "22.11.2026"}, "correction_info.base_date"),
     ({"type": "self"}, "correction_info.base_date"),
     ({"type": "instruction", "base_date": "20.11.2026"}, "correction_info.base_number")],
)  # fmt: skip
def test_v2_corrections_that_are_refused(info, field):
    assert list(faults(calls.correction(correction_info=info))) == [field]


@pytest.mark.parametrize(
    ("about", "field"),
    [(None, "correction"), ({"type": "instruction", "date": "2026-11-20"}, "correction.type"),
     ({"type": "self", "date": "20.11.2026"}, "correction.date"),
     ({"type": "self", "date": "20261120"}, "correction.date"),
     ({"type": "self", "date": "2026-02-31"}, "correction.date"), ({"type": "self"}, "correction.date"),
     ({"type": "forced", "date": "2026-11-20"}, "correction.document")],
)  # fmt: skip
def test_v1_corrections_that_are_refused(about, field):
    assert list(faults(calls.correction_v1(correction=about), "v1")) == [field]
