"""Each word of CloudKassir's tables becomes its code, each field its tag."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest
from tests.api.cloudkassir import calls
from tests.api.yookassa.test_yookassa_mapping import GS1M, channel

from openkassa.api.faults import Invalid

FFD_1_05, FFD_1_2 = 2, 4
DAY = dt.date(2026, 11, 21)


def mapped(body, ffd: int = FFD_1_2, taxation: int = 1, request_id: str | None = "r-1", is_correction: bool = False):
    from openkassa.api.cloudkassir.views import mapped_of

    return mapped_of(json.dumps(body).encode(), is_correction, request_id, channel(ffd, taxation), DAY)


def draft_of(ffd: int = FFD_1_2, taxation: int = 1, **changes):
    return mapped(calls.request(**changes), ffd, taxation).draft


def line(ffd: int = FFD_1_2, **changes):
    return draft_of(ffd, Items=[calls.item(**changes)]).items[0]


def faults(body, **more) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        mapped(body, **more)
    return dict(caught.value.faults)


@pytest.mark.parametrize(
    ("word", "code"),
    [(None, 6), ("", 6), (0, 5), (5, 7), (7, 8), (10, 2), (20, 1), (22, 11), (105, 9), (107, 10), (110, 4), (120, 3),
     ("20", 1), ("0", 5)],
)  # fmt: skip
def test_vat(word, code):
    assert line(vat=word).vat == code


def test_the_word_of_22_122_is_a_setting_and_refused_by_its_name_until_it_is_set():
    found = faults(calls.request(Items=[calls.item(vat=122)]))
    assert "cloudkassir.vat.12" in found["CustomerReceipt.Items[0].Vat"]


@pytest.mark.parametrize(("word", "code"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 16), (5, 32), ("1", 2)])
def test_taxation_system(word, code):
    assert draft_of(taxation=63, taxationSystem=word).taxation == code


@pytest.mark.parametrize(("word", "code"), [("Income", 1), ("IncomeReturn", 2), ("Expense", 3), ("ExpenseReturn", 4)])
def test_type(word, code):
    assert mapped(calls.request() | {"Type": word}).draft.operation == code


@pytest.mark.parametrize("code", [1, 2, 3, 4])
def test_correction_receipt_type(code):
    assert mapped(calls.correction(CorrectionReceiptType=code), is_correction=True).draft.operation == code


@pytest.mark.parametrize(("word", "code"), [(None, 4), (0, 4), *((code, code) for code in range(1, 8)), ("3", 3)])
def test_method(word, code):
    assert line(method=word).method == code


@pytest.mark.parametrize(
    ("word", "code"), [(None, 1), (0, 1), *((code, code) for code in (*range(1, 28), 30, 31, 32, 33)), ("4", 4)]
)
def test_object(word, code):
    assert line(object=word).kind == code


MEASURES = [0, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 70, 71, 72, 73, 80, 81, 82, 83, 255]


@pytest.mark.parametrize("code", MEASURES)
def test_unit_code(code):
    assert line(unitCode=code).measure == code


def test_measurement_unit_is_read_where_there_is_no_unit_code():
    assert line(measurementUnit="кг").measure == 11
    old = line(FFD_1_05, measurementUnit="кг")
    assert (old.unit, old.measure) == ("кг", 0)
    assert line(FFD_1_05, unitCode=41).unit == "л"


@pytest.mark.parametrize(("sign", "bit"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 16), (5, 32), (6, 64)])
def test_agent_sign(sign, bit):
    assert line(agentSign=sign, purveyorData={"name": "x", "inn": "7707083893"}).agent_type == bit
    assert draft_of(agentSign=sign).agent_type == bit


@pytest.mark.parametrize(
    ("name", "field"),
    [("electronic", "electronic"), ("AdvancePayment", "prepaid"), ("credit", "credit"), ("Provision", "other"),
     ("cash", "cash")],
)  # fmt: skip
def test_amounts(name, field):
    draft = draft_of(amounts={name: "21.00"})
    assert getattr(draft.payments, field) == 2100 == draft.total


def test_without_amounts_all_was_paid_electronically():
    assert draft_of(amounts=None).payments.electronic == 2100


@pytest.mark.parametrize(("word", "by_order"), [(None, False), (0, False), (1, True)])
def test_correction_type(word, by_order):
    correction = mapped(calls.correction(CorrectionType=word), is_correction=True).draft.correction
    assert (correction.by_order, correction.date, correction.number) == (by_order, dt.date(2026, 1, 2), "5")


def test_fields_come_in_any_case():
    body = json.loads(json.dumps(calls.request()))
    upper = {name.upper(): value for name, value in body.items()}
    upper["CUSTOMERRECEIPT"] = {name.lower(): value for name, value in upper["CUSTOMERRECEIPT"].items()}
    assert mapped(upper).draft == mapped(body).draft


def test_fields_of_a_line():
    given = line(
        excise="20.10", countryOriginCode="643", customsDeclarationNumber="10714040/1", additionalPositionInfo="синий",
        purveyorData={"name": "ООО", "inn": "7707083893", "phone": "+79990000000"},
        agentData={"agentOperationName": "op", "paymentAgentPhone": "+79990000001",
                   "paymentReceiverOperatorPhone": "+79990000002", "transferOperatorPhone": "+79990000003",
                   "transferOperatorName": "n", "transferOperatorAddress": "a", "transferOperatorInn": "7707083893"},
        agentSign=6,
        industryRequisiteCollection=[
            {"code": "030", "documentDate": "2020-11-18T00:00:00", "documentNumber": "1", "requisiteValue": "v"}
        ],
    )  # fmt: skip
    assert (given.excise, given.country, given.declaration, given.extra) == (2010, "643", "10714040/1", "синий")
    assert (given.supplier.name, given.supplier.phones) == ("ООО", ("+79990000000",))
    agent = given.agent
    assert (agent.operation, agent.paying_agent_phones, agent.receiver_phones, agent.transfer_phones) == (
        "op", ("+79990000001",), ("+79990000002",), ("+79990000003",))  # fmt: skip
    assert (agent.transfer_name, agent.transfer_address, agent.transfer_inn) == ("n", "a", "7707083893")
    assert (given.industry[0].authority, given.industry[0].date) == ("030", "18.11.2020")


def test_marking_code_with_its_separator_and_a_part():
    code = GS1M.replace("\x1d", "@@")
    part = {"numerator": 1, "denominator": 2}
    mark = line(rawMarkCode=code, groupSeparator="@@", markPartQuantity=part).mark
    assert (mark.kind, mark.code, mark.numerator, mark.denominator) == ("gs1m", GS1M, 1, 2)
    assert line(rawMarkCode=code, groupSeparator="@@", markPartQuantity=[part]).mark == mark


def test_codes_before_ffd_1_2():
    assert line(FFD_1_05, ean13="4606203090785").product_code
    assert line(FFD_1_05, productCodeData={"codeProductNomenclature": "44 4D 04 30 2A D0 12 21"}).product_code
    assert line(FFD_1_05, rawMarkCode=GS1M).product_code
    told = mapped(calls.request(Items=[calls.item(ean13="4606203090785")]))
    assert told.draft.items[0].mark is None
    assert any("Ean13" in text for text in told.warnings)


def test_fields_of_the_receipt():
    draft = draft_of(
        phone="79990000000", customerInfo="Иванов", customerInn="7707083893", customerBirthday="01.02.1990",
        customerStateCode="643", customerDocType="21", customerDoc="4008 1", customerPlace="Москва", isBso=True,
        cashierName="Петрова", calculationPlace="https://y.example", additionalReceiptRequisite="x1",
        userRequisiteData={"requisiteKey": "k", "RequisiteValue": "v"},
        operationReceiptRequisite={"operationIdentifier": 1, "operationDate": "2026-11-21T12:00:00",
                                   "operationData": "d"},
        industryRequisiteCollection=[
            {"code": "001", "documentDate": "02.01.2021", "documentNumber": "1", "requisiteValue": "y"}
        ],
        isInternetPayment="false", timeZoneCode="2",
        nonCashPayments=[{"amount": "21.00", "paymentMethod": 1, "paymentId": "p", "additionalInfo": "i"}],
    )  # fmt: skip
    buyer = draft.buyer
    assert (buyer.contact, buyer.name, buyer.inn, buyer.birthdate, buyer.citizenship, buyer.document_code) == (
        "buyer@example.ru", "Иванов", "7707083893", "01.02.1990", "643", "21")  # fmt: skip
    assert (buyer.document_data, buyer.address) == ("4008 1", "Москва")
    assert (draft.bso, draft.cashier, draft.place, draft.extra) == (True, "Петрова", "https://y.example", "x1")
    assert (draft.user_extra, draft.internet, draft.time_zone) == (("k", "v"), False, 2)
    assert draft.operating.at == int(dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC).timestamp())
    assert (draft.industry[0].date, draft.cashless[0].amount, draft.cashless[0].ids) == ("02.01.2021", 2100, "p")


def test_an_amount_that_no_price_gives_becomes_two_lines():
    items = draft_of(Items=[calls.item(price=33.33, quantity=3, amount=100)], amounts={"electronic": 100}).items
    assert [(one.price, one.quantity, one.amount) for one in items] == [
        (3333, Decimal(2), 6666), (3334, Decimal(1), 3334)]  # fmt: skip


def test_a_correction_before_ffd_1_2_may_have_no_lines():
    bare = mapped(calls.correction(Items=None), FFD_1_05, is_correction=True).draft
    assert (bare.items, bare.correction_vat) == ((), ((11, 2100),))
    assert "CorrectionReceiptData.Items" in faults(calls.correction(Items=None), is_correction=True)


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("Inn", calls.request() | {"Inn": "7707083893"}),
        ("Inn", calls.request() | {"Inn": None}),
        ("Type", calls.request() | {"Type": "Sale"}),
        ("Type", calls.request() | {"Type": 5}),
        ("InvoiceId", calls.request("x" * 101)),
        ("InvoiceId", calls.request() | {"InvoiceId": [1]}),
        ("CustomerReceipt", calls.request() | {"CustomerReceipt": None}),
        ("CustomerReceipt.Items", calls.request(Items=[])),
        ("CustomerReceipt.Items", calls.request(Items=[calls.item()] * 101)),
        ("CustomerReceipt.Email", calls.request(email=None)),
        ("CustomerReceipt.TaxationSystem", calls.request(taxationSystem=6)),
        ("CustomerReceipt.TaxationSystem", calls.request(taxationSystem=1)),
        ("CustomerReceipt.Items[0].Label", calls.request(Items=[calls.item(label="x" * 129)])),
        ("CustomerReceipt.Items[0].Price", calls.request(Items=[calls.item(price="x")])),
        ("CustomerReceipt.Items[0].Vat", calls.request(Items=[calls.item(vat=18)])),
        ("CustomerReceipt.Items[0].Vat", calls.request(Items=[calls.item(vat=True)])),
        ("CustomerReceipt.Items[0].Method", calls.request(Items=[calls.item(method=8)])),
        ("CustomerReceipt.Items[0].Object", calls.request(Items=[calls.item(object=28)])),
        ("CustomerReceipt.Items[0].UnitCode", calls.request(Items=[calls.item(unitCode=13)])),
        ("CustomerReceipt.Items[0].AgentSign", calls.request(Items=[calls.item(agentSign=7)])),
        ("CustomerReceipt.Items[0].RawMarkCode", calls.request(Items=[calls.item(rawMarkCode="п")])),
        ("CustomerReceipt.CustomerInn", calls.request(customerInn="1")),
        ("CustomerReceipt.IsBso", calls.request(isBso="perhaps")),
        ("CustomerReceipt.Amounts", calls.request(amounts={"electronic": 25})),
        ("CustomerReceipt.Amounts.Credit", calls.request(amounts={"credit": "x"})),
        ("CustomerReceipt.TimeZoneCode", calls.request(timeZoneCode=12)),
    ],
)
def test_faults_name_the_field(field, body):
    assert field in faults(body)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("OrganizationInn", {"OrganizationInn": "1"}),
        ("CorrectionReceiptType", {"CorrectionReceiptType": 5}),
        ("CorrectionType", {"CorrectionType": 2}),
        ("CauseCorrection.CorrectionDate", {"CauseCorrection": {"CorrectionDate": "2027-01-01"}}),
        ("CauseCorrection.CorrectionDate", {"CauseCorrection": {"CorrectionDate": "x"}}),
        (
            "CauseCorrection.CorrectionNumber",
            {"CorrectionType": 1, "CauseCorrection": {"CorrectionDate": "2026-01-01"}},
        ),
        ("Amounts", {"Amounts": {"Electronic": 20}}),
    ],
)
def test_faults_of_a_correction_name_the_field(field, changes):
    assert f"CorrectionReceiptData.{field}" in faults(calls.correction(**changes), is_correction=True)


def test_every_cell_of_the_tables_is_tested_above():
    from openkassa.api.cloudkassir import words

    assert set(words.VAT) == {0, 5, 7, 10, 20, 22, 105, 107, 110, 120}
    assert (list(words.METHODS), list(words.MEASURES)) == (list(range(1, 8)), MEASURES)
    assert list(words.OBJECTS) == [*range(1, 28), 30, 31, 32, 33]
    assert (len(words.TAXATION), len(words.TYPES), len(words.AGENTS), len(words.AMOUNTS)) == (6, 4, 7, 5)
