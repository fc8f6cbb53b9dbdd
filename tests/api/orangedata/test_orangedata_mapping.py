"""Each word of OrangeData's tables becomes its code, each field its tag."""

from __future__ import annotations

import base64
import datetime as dt
import json

import pytest
from tests.api.orangedata import calls
from tests.api.yookassa.test_yookassa_mapping import GS1M, channel

from openkassa.api.faults import Invalid

FFD_1_05, FFD_1_2 = 2, 4
DAY = dt.date(2026, 11, 21)


def mapped(body, collection: str = "documents", ffd: int = FFD_1_2, taxation: int = 1):
    from dataclasses import replace

    from openkassa.api.body import decode_any_case
    from openkassa.api.orangedata import wire
    from openkassa.api.orangedata.views import mapped_of

    document = decode_any_case(json.dumps(body).encode(), wire.document)
    return mapped_of(document, collection, replace(channel(ffd, taxation), code="Main"), DAY)


def draft_of(ffd: int = FFD_1_2, taxation: int = 1, **changes):
    return mapped(calls.document(**changes), ffd=ffd, taxation=taxation).draft


def line(ffd: int = FFD_1_2, **changes):
    return draft_of(ffd, positions=[calls.position(**changes)]).items[0]


def faults(body, collection: str = "documents", **more) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        mapped(body, collection, **more)
    return dict(caught.value.faults)


def closed(**changes):
    return {"payments": [{"type": 2, "amount": 21}], "taxationSystem": 0} | changes


@pytest.mark.parametrize(
    ("word", "code"), [(1, 11), (2, 2), (3, 12), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8), (9, 9), (10, 10)]
)
def test_tax(word, code):
    assert line(tax=word).vat == code


@pytest.mark.parametrize(("word", "code"), [(1, 1), (3, 3), (2, 2), (10, 10)])
def test_tax_of_the_time_before_2026(word, code):
    assert draft_of(positions=[calls.position(tax=word)], useTax20=True).items[0].vat == code


@pytest.mark.parametrize(("word", "code"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 16), (5, 32)])
def test_taxation_system(word, code):
    assert draft_of(taxation=63, checkClose=closed(taxationSystem=word)).taxation == code


@pytest.mark.parametrize("word", [1, 2, 3, 4])
def test_type(word):
    assert draft_of(type=word).operation == word


@pytest.mark.parametrize(("word", "code"), [(None, 4), *((code, code) for code in range(1, 8))])
def test_payment_method_type(word, code):
    assert line(paymentMethodType=word).method == code


@pytest.mark.parametrize(("word", "code"), [(None, 1), *((code, code) for code in (*range(1, 28), 30, 31, 32, 33))])
def test_payment_subject_type(word, code):
    assert line(paymentSubjectType=word).kind == code


MEASURES = [0, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 70, 71, 72, 73, 80, 81, 82, 83, 255]


@pytest.mark.parametrize("code", MEASURES)
def test_quantity_measurement_unit(code):
    assert line(quantityMeasurementUnit=code).measure == code


def test_unit_of_measurement_is_read_where_there_is_no_code():
    assert line(unitOfMeasurement="кг").measure == 11
    assert line(FFD_1_05, unitOfMeasurement="кг").unit == "кг"
    assert line(FFD_1_05, quantityMeasurementUnit=41).unit == "л"


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16, 32, 64, 127])
def test_agent_type(bits):
    assert line(agentType=bits, supplierINN="7707083893").agent_type == bits
    assert draft_of(agentType=bits).agent_type == bits


@pytest.mark.parametrize(
    ("word", "field"), [(1, "cash"), (2, "electronic"), (14, "prepaid"), (15, "credit"), (16, "other")]
)
def test_payments(word, field):
    draft = draft_of(checkClose=closed(payments=[{"type": word, "amount": 21}]))
    assert getattr(draft.payments, field) == 2100 == draft.total


@pytest.mark.parametrize("word", [0, 3, 13, 17])
def test_payments_whose_meaning_no_source_names_are_refused(word):
    body = calls.document(checkClose=closed(payments=[{"type": word, "amount": 21}]))
    assert "content.checkClose.payments[0].type" in faults(body)


def test_cash_beyond_the_sum_is_change():
    draft = draft_of(checkClose=closed(payments=[{"type": 1, "amount": 50}]))
    assert (draft.payments.cash, draft.total) == (2100, 2100)
    assert "content.checkClose.payments" in faults(
        calls.document(checkClose=closed(payments=[{"type": 2, "amount": 50}]))
    )


@pytest.mark.parametrize(("word", "by_order"), [(0, False), (1, True)])
def test_correction_type(word, by_order):
    for body, collection in ((calls.correction12(correctionType=word), "correction12"),
                             (calls.correction(correctionType=word), "corrections")):  # fmt: skip
        base = mapped(body, collection).draft.correction
        assert (base.by_order, base.date, base.number) == (by_order, dt.date(2026, 1, 2), "5")


@pytest.mark.parametrize(
    ("name", "field"),
    [("cashSum", "cash"), ("eCashSum", "electronic"), ("prepaymentSum", "prepaid"), ("postpaymentSum", "credit"),
     ("otherPaymentTypeSum", "other")],
)  # fmt: skip
def test_sums_of_a_correction(name, field):
    draft = mapped(calls.correction(**{"eCashSum": None, name: 100}), "corrections").draft
    assert getattr(draft.payments, field) == 10000


@pytest.mark.parametrize(("number", "code"), [(1, 11), (2, 2), (3, 12), (6, 6), (10, 10)])
def test_taxes_of_a_correction(number, code):
    body = calls.correction(**{"tax1Sum": None, f"tax{number}Sum": 5})
    assert mapped(body, "corrections").draft.items[0].vat == code
    assert mapped(body, "corrections", FFD_1_05).draft.correction_vat == ((code, 500),)


def test_a_correction_without_lines_of_two_rates_needs_an_older_format():
    body = calls.correction(tax2Sum=5)
    assert len(mapped(body, "corrections", FFD_1_05).draft.correction_vat) == 2
    assert "content" in faults(body, "corrections")


def test_a_correction_with_lines_becomes_sums_on_ffd_1_05():
    assert mapped(calls.correction12(), "correction12").draft.items
    old = mapped(calls.correction12(), "correction12", FFD_1_05).draft
    assert (old.items, old.correction_vat) == ((), ((11, 379),))


def test_fields_of_a_line():
    agent = {
        "paymentAgentOperation": "op", "paymentAgentPhoneNumbers": ["+79990000001"],
        "paymentOperatorPhoneNumbers": ["+79990000002"], "paymentTransferOperatorPhoneNumbers": ["+79990000003"],
        "paymentOperatorName": "n", "paymentOperatorAddress": "a", "paymentOperatorINN": "7707083893",
    }  # fmt: skip
    given = line(
        supplierINN="7707083893", supplierInfo={"phoneNumbers": ["+79990000000"], "name": "ООО"}, agentType=64,
        agentInfo=agent, additionalAttribute="синий", manufacturerCountryCode="643", customsDeclarationNumber="1/2",
        excise=20.1, industryAttribute={"foivId": "030", "causeDocumentDate": "18.11.2020",
                                        "causeDocumentNumber": "1", "value": "v"},
    )  # fmt: skip
    assert (given.supplier.inn, given.supplier.name, given.supplier.phones) == ("7707083893", "ООО", ("+79990000000",))
    found = given.agent
    assert (found.operation, found.paying_agent_phones, found.receiver_phones, found.transfer_phones) == (
        "op", ("+79990000001",), ("+79990000002",), ("+79990000003",))  # fmt: skip
    assert (found.transfer_name, found.transfer_address, found.transfer_inn) == ("n", "a", "7707083893")
    assert (given.extra, given.country, given.declaration, given.excise) == ("синий", "643", "1/2", 2010)
    assert (given.industry[0].authority, given.industry[0].date) == ("030", "18.11.2020")


def test_codes_of_goods():
    mark = line(itemCode=GS1M, plannedStatus=1, fractionalQuantity={"Numerator": 1, "Denominator": 2}).mark
    assert (mark.kind, mark.code, mark.planned_status, mark.numerator, mark.denominator) == ("gs1m", GS1M, 1, 1, 2)
    bytes_1162 = bytes.fromhex("444D04302AD01221") + b"8215Tyu7"
    text = base64.b64encode(bytes_1162).decode()
    assert line(FFD_1_05, nomenclatureCode=text).product_code == bytes_1162.hex().upper()
    ean = base64.b64encode(bytes.fromhex("450D") + (4606203090785).to_bytes(6, "big")).decode()
    assert line(nomenclatureCode=ean).mark.kind == "ean13"
    assert line(FFD_1_05, itemCode=GS1M).product_code
    told = mapped(calls.document(positions=[calls.position(barcodes={"ean13": "4606203090785"})]))
    assert any("barcodes" in text for text in told.warnings)


def test_fields_of_the_document():
    draft = draft_of(
        customer="Иванов", customerINN="7707083893",
        customerInfo={"birthDate": "01.02.1990", "citizenship": 643, "identityDocumentCode": 21,
                      "identityDocumentData": "4008 1", "address": "Москва"},
        automatNumber="7", settlementAddress="адрес", settlementPlace="https://y.example", additionalAttribute="x1",
        additionalUserAttribute={"name": "k", "value": "v"}, cashier="Петрова", cashierINN="500100732259",
        senderEmail="shop@example.ru", isInternetStore=False, timeZone=2,
        operationalAttribute={"date": "2026-11-21T12:00:00", "id": 1, "value": "d"},
        industryAttribute={"foivId": "001", "causeDocumentDate": "02.01.2021", "causeDocumentNumber": "1",
                           "value": "y"},
        supplierPhoneNumbers=["+79990000000"], paymentAgentOperation="op",
        checkClose=closed(electronicPaymentsInfo={"payments": [{"amount": 21, "type": 1, "id": "p"}]}),
    )  # fmt: skip
    buyer = draft.buyer
    assert (buyer.contact, buyer.name, buyer.inn, buyer.birthdate, buyer.citizenship, buyer.document_code) == (
        "buyer@example.ru", "Иванов", "7707083893", "01.02.1990", "643", "21")  # fmt: skip
    assert (buyer.document_data, buyer.address) == ("4008 1", "Москва")
    assert (draft.machine_number, draft.address, draft.place, draft.extra) == ("7", "адрес", "https://y.example", "x1")
    assert (draft.user_extra, draft.cashier, draft.cashier_inn, draft.seller_email) == (
        ("k", "v"), "Петрова", "500100732259", "shop@example.ru")  # fmt: skip
    assert (draft.internet, draft.time_zone, draft.industry[0].date) == (False, 2, "02.01.2021")
    assert draft.operating.at == int(dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC).timestamp())
    assert (draft.supplier.phones, draft.agent.operation) == (("+79990000000",), "op")
    assert (draft.cashless[0].amount, draft.cashless[0].ids) == (2100, "p")


def test_wrong_tax_sums_are_warned_of_and_empty_objects_are_absent():
    told = mapped(calls.document(positions=[calls.position(taxSum=20, industryAttribute={}, barcodes={})]))
    assert told.draft.items[0].industry == ()
    assert any("taxSum" in text for text in told.warnings)


def test_where_the_copy_goes():
    assert mapped(calls.document(customerContact="none")).email == ""
    told = mapped(calls.document(customerContact="+79991112233"))
    assert (told.phone, told.draft.buyer.contact) == ("+79991112233", "+79991112233")


def test_callbacks():
    body = calls.document() | {"callbackUrl": "https://shop.example/cb?x=1", "callbackApiKey": "k"}
    told = mapped(body)
    assert told.callback_url == "https://shop.example/cb?x=1"
    assert any("callbackApiKey" in text for text in told.warnings)
    assert mapped(body | {"callbackUrl": "ftp://x"}).callback_url == ""


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("id", calls.document("x" * 65)),
        ("id", calls.document() | {"id": None}),
        ("inn", calls.document() | {"inn": "7707083893"}),
        ("group", calls.document() | {"group": "Other"}),
        ("content", calls.document() | {"content": None}),
        ("content.ffdVersion", calls.document(ffdVersion=3)),
        ("content.type", calls.document(type=5)),
        ("content.positions", calls.document(positions=[])),
        ("content.positions", calls.document(positions=[calls.position()] * 101)),
        ("content.positions[0].text", calls.document(positions=[calls.position(text="x" * 129)])),
        ("content.positions[0].tax", calls.document(positions=[calls.position(tax=11)])),
        ("content.positions[0].price", calls.document(positions=[calls.position(price=1.005)])),
        ("content.positions[0].quantity", calls.document(positions=[calls.position(quantity=0)])),
        ("content.positions[0].paymentMethodType", calls.document(positions=[calls.position(paymentMethodType=8)])),
        ("content.positions[0].paymentSubjectType", calls.document(positions=[calls.position(paymentSubjectType=29)])),
        ("content.positions[0].nomenclatureCode", calls.document(positions=[calls.position(nomenclatureCode="?")])),
        ("content.positions[0].itemCode", calls.document(positions=[calls.position(itemCode="п")])),
        ("content.positions[0].agentType", calls.document(positions=[calls.position(agentType=128)])),
        ("content.checkClose", calls.document(checkClose=None)),
        ("content.checkClose.payments", calls.document(checkClose=closed(payments=[]))),
        ("content.checkClose.payments", calls.document(checkClose=closed(payments=[{"type": 2, "amount": 20}]))),
        ("content.checkClose.taxationSystem", calls.document(checkClose=closed(taxationSystem=1))),
        ("content.checkClose.taxationSystem", calls.document(checkClose=closed(taxationSystem=None))),
        ("content.customerINN", calls.document(customerINN="1")),
        ("content.timeZone", calls.document(timeZone=12)),
    ],
)
def test_faults_name_the_field(field, body):
    assert field in faults(body)


@pytest.mark.parametrize(
    ("field", "collection", "body"),
    [
        ("content.correctionType", "correction12", calls.correction12(correctionType=2)),
        ("content.causeDocumentDate", "correction12", calls.correction12(causeDocumentDate="2027-01-01")),
        ("content.causeDocumentNumber", "corrections", calls.correction(correctionType=1, causeDocumentNumber="")),
        ("content.type", "corrections", calls.correction(type=2)),
        ("content.tax1Sum", "corrections", calls.correction(tax1Sum=None)),
        ("content.totalSum", "corrections", calls.correction(totalSum=105)),
    ],
)
def test_faults_of_a_correction_name_the_field(field, collection, body):
    assert field in faults(body, collection)


def test_every_cell_of_the_tables_is_tested_above():
    from openkassa.api.orangedata import words

    assert (list(words.TAXES), list(words.METHODS), list(words.MEASURES)) == (
        list(range(1, 11)), list(range(1, 8)), MEASURES)  # fmt: skip
    assert list(words.OBJECTS) == [*range(1, 28), 30, 31, 32, 33]
    assert (len(words.TAXATION), len(words.TYPES), len(words.PAYMENTS), len(words.SUMS)) == (6, 4, 5, 5)


def test_what_the_official_client_for_python_sends():
    """Its form, as its source 2.28.2 builds it: bits of agents, Numerator, empty objects, numbers as floats."""
    body = {
        "id": "12345678990", "inn": "5544332219", "group": "Main", "key": "key-1", "ignoreItemCodeCheck": 0,
        "content": {
            "ffdVersion": 4, "type": 1,
            "positions": [{
                "quantity": 5, "price": 10.0, "tax": 1, "text": "Товар", "paymentMethodType": 3,
                "paymentSubjectType": 1, "supplierINN": "7707083893", "agentType": 64,
                "supplierInfo": {"phoneNumbers": ["+79266660006"], "name": "ПАО «Поставщик»"},
                "agentInfo": {"paymentTransferOperatorPhoneNumbers": ["+79998887766"],
                              "paymentAgentOperation": "Операция"},
                "quantityMeasurementUnit": 10, "itemCode": GS1M,
                "fractionalQuantity": {"Numerator": 1, "Denominator": 2}, "industryAttribute": {}, "barcodes": {},
            }],
            "checkClose": {"payments": [{"type": 1, "amount": 50.0}], "taxationSystem": 0},
            "customerContact": "example@example.com",
        },
    }  # fmt: skip
    draft = mapped(body).draft
    item = draft.items[0]
    assert (item.amount, item.vat, item.method, item.measure, item.agent_type) == (5000, 11, 3, 10, 64)
    assert (item.mark.numerator, item.mark.denominator, item.industry) == (1, 2, ())
    assert draft.payments.cash == 5000
