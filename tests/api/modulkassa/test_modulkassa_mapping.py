"""What МодульКасса's words become in the terms of fiscal documents: a case for each cell of the tables."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import uuid
from decimal import Decimal

import pytest
from tests.api.modulkassa import calls

from openkassa.fiscal.draft import Agent, Buyer, IndustryProps, Payments, Supplier
from openkassa.fiscal.ffd.profile import Profile

DAY = dt.date(2026, 11, 21)
MARK = "0104600439931256215Qbag!\x1d93Zjqw"


def channel(ffd: int = 4, taxation: int = 1):
    from openkassa.kassa.receipts.channels import ChannelContext

    return ChannelContext(
        organisation_id=uuid.uuid4(),
        channel_id=uuid.uuid4(),
        kind="modulkassa",
        code="point",
        pool_id=uuid.uuid4(),
        profile=Profile(inn="5544332219", address="Москва", place="https://shop.example", ffd=ffd, taxation=taxation),
        inn="5544332219",
        callback_url="",
        utc_offset=180,
        active=True,
    )


def mapped(body: dict, **of_channel: int):
    from openkassa.api.modulkassa.views import mapped_of

    return mapped_of(json.dumps(body).encode(), channel(**of_channel), DAY)


def faults(body: dict, **of_channel: int) -> dict[str, str]:
    from openkassa.api.faults import Invalid

    with pytest.raises(Invalid) as caught:
        mapped(body, **of_channel)
    return dict(caught.value.faults)


def one_line(ffd: int = 4, **changes):
    return mapped(calls.document(inventPositions=[calls.position(**changes)]), ffd=ffd).draft.items[0]


@pytest.mark.parametrize(
    ("word", "operation", "corrects"),
    [("SALE", 1, False), ("RETURN", 2, False), ("BUY", 3, False), ("BUY_RETURN", 4, False),
     ("SALE_CORRECTION", 1, True), ("SALE_RETURN_CORRECTION", 2, True), ("BUY_CORRECTION", 3, True),
     ("BUY_RETURN_CORRECTION", 4, True)],
)  # fmt: skip
def test_type_of_the_document_is_tag_1054(word, operation, corrects):
    draft = mapped(calls.correction(docType=word)).draft
    assert (draft.operation, draft.form, draft.correction is not None) == (operation, 31 if corrects else 3, corrects)


@pytest.mark.parametrize(
    ("word", "code"),
    [("COMMON", 1), ("SIMPLIFIED", 2), ("SIMPLIFIED_WITH_EXPENSE", 4), ("ENVD", 8), ("COMMON_AGRICULTURAL", 16),
     ("PATENT", 32)],
)  # fmt: skip
def test_tax_mode_is_tag_1055(word, code):
    assert mapped(calls.document(taxMode=word), taxation=63).draft.taxation == code
    assert list(faults(calls.document(taxMode=word), taxation=63 & ~code)) == ["taxMode"]


@pytest.mark.parametrize("absent", [None, ""])
def test_without_tax_mode_the_only_one_is_meant(absent):
    assert mapped(calls.document(taxMode=absent), taxation=4).draft.taxation == 4
    assert list(faults(calls.document(taxMode=absent), taxation=5)) == ["taxMode"]
    assert list(faults(calls.document(taxMode="COMMON "))) == ["taxMode"]


@pytest.mark.parametrize(
    ("tag", "code"),
    [(1102, 1), (1103, 2), (1106, 3), (1107, 4), (1104, 5), (1105, 6), (1109, 7), (1110, 8), (1111, 9), (1112, 10)],
)
@pytest.mark.parametrize("form", [int, str, float])
def test_vat_tag_is_tag_1199(tag, code, form):
    assert one_line(vatTag=form(tag) if form is not str else str(tag)).vat == code


def test_vat_words_that_no_source_names_are_settings(monkeypatch):
    from openkassa.api import words as face_words
    from openkassa.api.modulkassa import words
    from openkassa.core.settings import read_settings, settings

    text = faults(calls.document(inventPositions=[calls.position(vatTag=1113)]))["inventPositions[0].vatTag"]
    assert "modulkassa.vat.11, modulkassa.vat.12 задаются в KASSA_FACE_WORDS" in text
    given = read_settings({"KASSA_FACE_WORDS": "modulkassa.vat.11=1113 modulkassa.vat.12=1114"}).face_words
    monkeypatch.setattr(face_words, "settings", lambda: dataclasses.replace(settings(), face_words=given))
    table = face_words.table("modulkassa", "vat", {1102: 1}, unknown=words.VAT_UNKNOWN)
    monkeypatch.setattr(words, "VAT", table)
    assert (one_line(vatTag=1113).vat, one_line(vatTag="1114").vat) == (11, 12)


METHODS = ["full_prepayment", "prepayment", "advance", "full_payment", "partial_payment", "credit", "credit_payment"]


@pytest.mark.parametrize(("word", "code"), list(zip(METHODS, range(1, 8), strict=True)))
def test_payment_method_is_tag_1214(word, code):
    assert one_line(paymentMethod=word).method == code


OBJECTS = [
    "commodity", "excise", "job", "service", "gambling_bet", "gambling_prize", "lottery", "lottery_prize",
    "intellectual_activity", "payment", "agent_commission", "award", "another", "property_right", "non-operating_gain",
    "insurance_premium", "sales_tax", "resort_fee", "deposit", "expense", "pension_insurance_ip", "pension_insurance",
    "medical_insurance_ip", "medical_insurance", "social_insurance", "casino_payment",
]  # fmt: skip


@pytest.mark.parametrize(("word", "code"), list(zip(OBJECTS, range(1, 27), strict=True)))
def test_payment_object_is_tag_1212(word, code):
    assert one_line(paymentObject=word).kind == code


def test_what_a_position_leaves_out():
    line = one_line()
    assert (line.method, line.kind, line.measure) == (4, 1, 0)
    assert list(faults(calls.document(inventPositions=[calls.position(vatTag=None)]))) == ["inventPositions[0].vatTag"]


@pytest.mark.parametrize(
    ("word", "field"),
    [("CASH", "cash"), ("CARD", "electronic"), ("PREPAID", "prepaid"), ("POSTPAY", "credit"), ("OTHER", "other")],
)
def test_payment_type_is_a_sum_of_the_receipt(word, field):
    body = calls.document(moneyPositions=[{"paymentType": word, "sum": 21}])
    assert mapped(body).draft.payments == Payments(**{field: 2100})


@pytest.mark.parametrize(
    ("word", "bit"),
    [("bank_paying_agent", 1), ("bank_paying_subagent", 2), ("paying_agent", 4), ("paying_subagent", 8),
     ("attorney", 16), ("commission_agent", 32), ("another", 64)],
)  # fmt: skip
def test_agent_types_are_bits_of_tag_1222(word, bit):
    assert one_line(agentInfo={"types": [word]}).agent_type == bit
    assert mapped(calls.document(agentInfo={"types": [word, "another"]})).draft.agent_type == bit | 64


def test_agent_and_supplier():
    line = one_line(
        agentInfo={
            "types": ["paying_agent"],
            "payingAgent": {"operation": "Приём", "phones": ["+79991112233"]},
            "receivePaymentsOperator": {"phones": ["+79992223344"]},
            "moneyTransferOperator": {"phones": ["+79993334455"], "name": "Оператор", "address": "Адрес",
                                      "inn": "7707083893"},
        },
        supplierInfo={"name": "Поставщик", "inn": "7707083893", "phones": ["89995556677"]},
    )  # fmt: skip
    assert line.agent == Agent(
        operation="Приём",
        paying_agent_phones=("+79991112233",),
        receiver_phones=("+79992223344",),
        transfer_phones=("+79993334455",),
        transfer_name="Оператор",
        transfer_address="Адрес",
        transfer_inn="7707083893",
    )
    assert line.supplier == Supplier(name="Поставщик", inn="7707083893", phones=("+79995556677",))


@pytest.mark.parametrize(
    ("info", "field"),
    [({"types": ["nobody"]}, "types[0]"), ({"payingAgent": {"operation": "x"}}, "types"),
     ({"types": ["another"], "payingAgent": {"operation": "x" * 25}}, "payingAgent.operation")],
)  # fmt: skip
def test_faulty_agents_are_named_as_the_client_calls_them(info, field):
    found = faults(calls.document(inventPositions=[calls.position(agentInfo=info)]))
    assert list(found) == [f"inventPositions[0].agentInfo.{field}"]


def test_discount_is_of_the_whole_position():
    lines = mapped(
        calls.document(
            inventPositions=[calls.position(price=50, quantity=3, discSum=10.01)],
            moneyPositions=[{"paymentType": "CARD", "sum": 139.99}],
        )
    ).draft.items
    assert [(line.price, line.quantity, line.amount) for line in lines] == [(4666, 2, 9332), (4667, 1, 4667)]
    assert "discSum" in next(iter(faults(calls.document(inventPositions=[calls.position(discSum=22)]))))


def test_wrong_vat_sum_is_replaced_with_a_warning():
    result = mapped(calls.document(inventPositions=[calls.position(vatSum="4.20")]))
    assert "4.20 заменён рассчитанным 3.50" in result.warnings[0]
    assert mapped(calls.document(inventPositions=[calls.position(vatSum=3.5)])).warnings == ()


def test_paid_and_sold_must_agree():
    found = faults(calls.document(moneyPositions=[{"paymentType": "CARD", "sum": 25.5}]))
    assert found == {"moneyPositions": "сумма оплат 25.50 не равна сумме позиций 21, разница 4.50"}
    rounded = calls.document(
        inventPositions=[calls.position(price=10.99, quantity=1)], moneyPositions=[{"paymentType": "CASH", "sum": 10}]
    )
    assert mapped(rounded).draft.total == 1000


@pytest.mark.parametrize("number", ["10.5", 10.5, "10.50"])
def test_numbers_may_stand_in_quotes(number):
    assert one_line(price=number, quantity="2.000").amount == 2100


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", 10.505), ("price", "x"), ("price", True), ("price", []), ("price", -1), ("price", 10**20),
     ("quantity", 0), ("quantity", "1,5"), ("quantity", 2.0001), ("quantity", {}), ("vatTag", "НДС"), ("vatTag", [1]),
     ("vatTag", 1102.5), ("discSum", "-1"), ("vatSum", {}), ("originCountryCode", "RUS"), ("measure", 999),
     ("paymentMethod", "x"), ("paymentObject", "x"), ("customsDeclarationNumber", "x" * 33),
     ("productMark", "кириллица"), ("name", "x" * 129)],
)  # fmt: skip
def test_values_that_are_refused(field, value):
    assert list(faults(calls.document(inventPositions=[calls.position(**{field: value})]))) == [
        f"inventPositions[0].{field}"
    ]


def test_null_and_empty_mean_absent():
    empty = {"discSum": None, "vatSum": "", "nomenclatureCode": "", "productMark": None, "originCountryCode": "",
             "customsDeclarationNumber": None, "agentInfo": {}, "supplierInfo": {}, "industryRequisite": {},
             "measure": None, "paymentMethod": "", "paymentObject": None}  # fmt: skip
    line = one_line(**empty)
    assert (line.mark, line.country, line.declaration, line.agent, line.supplier, line.industry) == (
        None, None, None, None, None, (),
    )  # fmt: skip


def test_a_mark_is_read_and_its_permission_kept():
    requisite = {"foivId": "030", "docDateTime": "2023-11-21T00:00:00+00:00", "docNumber": "1944", "docData": "UUID=1"}
    line = one_line(productMark=MARK, industryRequisite=requisite, originCountryCode=643)
    assert (line.mark.kind, line.mark.code, line.country) == ("gs1m", MARK, "643")
    assert line.industry == (IndustryProps(authority="030", date="21.11.2023", number="1944", value="UUID=1"),)


def test_a_mark_before_ffd_1_2_is_tag_1162():
    line = one_line(ffd=2, productMark=MARK, measure=11)
    assert line.product_code.startswith("444D") and line.mark is None
    assert line.unit == "кг"
    assert one_line(ffd=2, nomenclatureCode=line.product_code).product_code == line.product_code


def test_the_buyer():
    both = mapped(calls.document(phone="89991112233", clientName="Иван", clientInn="7707083893"))
    assert both.draft.buyer == Buyer(contact="buyer@example.ru", name="Иван", inn="7707083893")
    assert (both.email, both.phone) == ("buyer@example.ru", "")
    in_email = mapped(calls.document(email="8 (999) 111-22-33"))
    assert (in_email.draft.buyer.contact, in_email.email, in_email.phone) == ("+79991112233", "", "+79991112233")
    assert list(faults(calls.document(email=""))) == ["email"]


def test_the_cashier_is_position_and_name():
    draft = mapped(calls.document(cashierName="Иванова", cashierPosition="Кассир", cashierInn="771234567890")).draft
    assert (draft.cashier, draft.cashier_inn) == ("Кассир Иванова", "771234567890")


@pytest.mark.parametrize(
    ("url", "kept"),
    [("https://shop.example/a;b=1/~x?y=1:2@3", True), ("http://127.0.0.1:8000/cb", True), ("", False), (None, False),
     ("ftp://shop.example", False), ("https:///x", False), ("https://shop.example/ x", False),
     ("https://shop.example/" + "x" * 240, False)],
)  # fmt: skip
def test_an_address_that_can_not_be_called_is_a_warning(url, kept):
    result = mapped(calls.document(responseURL=url))
    assert result.callback_url == (url if kept else "")
    assert bool(result.warnings) == (not kept and bool(url))


def test_correction():
    draft = mapped(calls.correction()).draft
    assert (draft.correction.date, draft.correction.by_order, draft.correction.number, draft.extra) == (
        dt.date(2026, 11, 20), False, None, "3125146288",
    )  # fmt: skip
    order = {"reason": "BY_ORDER", "documentDate": "20.11.2026", "documentNum": "№ 5", "fiscalSign": 3125146288}
    draft = mapped(calls.correction(correctionInfo=order, email=None)).draft
    assert (draft.correction.by_order, draft.correction.number, draft.extra, draft.buyer) == (
        True, "№ 5", "3125146288", None,
    )  # fmt: skip


def test_correction_in_ffd_1_05_has_the_vat_of_its_lines():
    draft = mapped(calls.correction(), ffd=2).draft
    assert (draft.items, draft.correction_vat, draft.total) == ((), ((1, 350),), 2100)


@pytest.mark.parametrize(
    ("info", "field"),
    [({"reason": "SELF"}, "reason"), ({"documentDate": "2026-11-22"}, "documentDate"),
     ({"documentDate": "31.02.2026"}, "documentDate"), ({"documentDate": None}, "documentDate"),
     ({"reason": "BY_ORDER"}, "documentNum"), ({"fiscalSign": "1" * 17}, "fiscalSign")],
)  # fmt: skip
def test_faulty_corrections(info, field):
    given = calls.correction()["correctionInfo"] | info
    assert list(faults(calls.correction(correctionInfo=given))) == [f"correctionInfo.{field}"]


def test_a_correction_says_what_it_corrects():
    assert list(faults(calls.correction(correctionInfo=None))) == ["correctionInfo"]


def test_all_faults_are_named_at_once():
    body = calls.document(docType="x", inventPositions=[calls.position(name=None), calls.position(vatTag=5)], docNum="")
    assert list(faults(body)) == ["docType", "docNum", "inventPositions[0].name", "inventPositions[1].vatTag"]


def test_quantities_keep_their_fractions():
    body = calls.document(
        inventPositions=[calls.position(price=100, quantity=0.333)],
        moneyPositions=[{"paymentType": "CASH", "sum": 33.3}],
    )
    line = mapped(body).draft.items[0]
    assert (line.quantity, line.amount, line.measure) == (Decimal("0.333"), 3330, 255)
