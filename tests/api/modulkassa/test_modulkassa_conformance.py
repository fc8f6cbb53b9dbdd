"""Requests as public clients of МодульКасса send them, and what those clients read of the answers.

Forms of: gem module_pos-fiscalization (fixtures of 58de1c5), bigperson/modulpos-php-api-client 7bdb952 (recorded),
fred01 modulpos.cashbox for Bitrix be25e4b, dgigel dnmodulkassa for PrestaShop a576680, the ModulKassa library of
Vodovoz (v2).
"""

from __future__ import annotations

import pytest
from tests.api.http import call
from tests.api.modulkassa import calls

pytestmark = pytest.mark.django_db

MODULE_POS = {
    "docNum": "Order-1", "id": "dda2911b-5681-4a02-bd3d-3f0d0df849da", "docType": "SALE",
    "checkoutDateTime": "2019-08-16T15:45:17+07:00", "email": "example@example.com", "printReceipt": False,
    "textToPrint": None, "cashierName": "ФИО кассира", "cashierInn": None, "cashierPosition": "Старший кассир",
    "responseURL": "https://internet.shop.ru/order/982340931/checkout?completed=1", "taxMode": "COMMON",
    "clientName": None, "clientInn": None, "agentInfo": None,
    "inventPositions": [
        {"barcode": "10001", "name": "Молоко Лебедевское, 2,5%", "nomenclatureCode": None, "productMark": None,
         "price": 52, "discSum": 5.2, "quantity": 1, "vatSum": None, "vatTag": 1102, "paymentObject": "commodity",
         "paymentMethod": "full_payment", "originCountryCode": None, "customsDeclarationNumber": None,
         "agentInfo": None, "supplierInfo": None},
    ],
    "moneyPositions": [{"paymentType": "CARD", "sum": 46.8}],
}  # fmt: skip
BIGPERSON = {
    "id": "2a2c9d8e-7b2f-4a3c-9a37-1f6a9ad0b8a1", "checkoutDateTime": "2026-11-21T12:00:00+03:00", "docNum": 15,
    "docType": "SALE", "printReceipt": False, "email": "+79991112233", "taxMode": None,
    "inventPositions": [{"name": "Товар", "price": 100.5, "quantity": 2, "vatTag": 1105}],
    "moneyPositions": [{"paymentType": "CARD", "sum": 201}],
}  # fmt: skip
BITRIX = {
    "id": "51", "checkoutDateTime": "2026-11-21T12:00:00+03:00", "docNum": "51", "docType": "RETURN",
    "email": "buyer@example.ru",
    "responseURL": "https://shop.example:8443/bitrix/tools/cashboxmodul_print_callback.php?token=ab&docId=51",
    "inventPositions": [
        {"description": "", "name": "Товар", "price": "990.00", "quantity": "1.0000", "vatTag": "1102"},
        {"description": "", "name": "Доставка", "price": 33.330000000000005, "quantity": 1, "vatTag": "1105"},
    ],
    "moneyPositions": [{"paymentType": "CASH", "sum": "1023.33"}],
}  # fmt: skip
PRESTASHOP = {
    "id": "17-655d3c1f0a2b4", "checkoutDateTime": "2026-11-21T12:00:00+03:00", "docNum": "17", "docType": "SALE",
    "printReceipt": True, "email": "buyer@example.ru", "moneyPositions": [{"paymentType": "CARD", "sum": 189.99}],
    "responseURL": "https://shop.example/module/dnmodulkassa/response?doc_id=17-655d3c1f0a2b4&token=ab",
    "inventPositions": [
        {"name": "Кружка A-1", "price": 50, "quantity": 3, "vatTag": 1102, "discSum": 10.01},
        {"name": "ДОСТАВКА", "price": 50, "quantity": 1, "vatTag": 1102, "discSum": 0},
    ],
}  # fmt: skip
VODOVOZ = {
    "id": "vod_1", "docNum": "vod_1", "docType": "SALE", "checkoutDateTime": "2026-11-21T09:00:00+00:00",
    "email": "buyer@example.ru", "clientInn": "7707083893", "cashierName": "Иванова", "printReceipt": False,
    "taxMode": "COMMON", "responseURL": None,
    "inventPositions": [
        {"name": "Вода питьевая 19 л", "quantity": 1.0, "price": 300.0, "discSum": 0.0, "vatTag": 1102,
         "productMark": "0104600439931256215Qbag!\u001d93Zjqw",
         "industryRequisite": {"foivId": "030", "docDateTime": "2023-11-21T00:00:00+00:00", "docNumber": "1944",
                               "docData": "UUID=c2c4a1f5-6b2b-4c5f-8a86-7a5d1c1c1c1c&Time=1732180000000"}},
    ],
    "moneyPositions": [{"paymentType": "CARD", "sum": 300.0}],
}  # fmt: skip
FORMS = {
    "module_pos": MODULE_POS,
    "bigperson": BIGPERSON,
    "bitrix": BITRIX,
    "prestashop": PRESTASHOP,
    "vodovoz": VODOVOZ,
}


@pytest.fixture
def till(shop):
    return calls.connect(shop)


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("prefix", ["/api/fn", "/fn"])
@pytest.mark.parametrize("client", FORMS)
def test_documents_of_clients_are_queued(till, client, prefix, version):
    answer = call("POST", f"{prefix}/{version}/doc", FORMS[client], calls.basic(till.login, till.password))
    assert answer.status == 200, answer.body
    body = answer.json
    warnings = body.pop("warnings", [])
    assert body.pop("timeStatusChanged").endswith("+00:00")
    assert body == {
        "status": "QUEUED", "fnState": "ASSOCIATED", "fiscalInfo": None, "failureInfo": None,
        "message": "Document queued for printing",
    }  # fmt: skip
    assert not [one for one in warnings if "responseURL" in one]
    state = call(
        "GET", f"{prefix}/{version}/doc/{FORMS[client]['id']}/status", b"[]", calls.basic(till.login, till.password)
    )
    assert (state.status, state.json["status"]) == (200, "QUEUED")


def test_what_the_forms_become(till):
    for form in FORMS.values():
        assert calls.post(till, form).status == 200
    stored = {status.external_id: status for status in calls.stored(till)}
    assert {key: (status.operation, status.total, status.lines) for key, status in stored.items()} == {
        MODULE_POS["id"]: (1, 4680, 1), BIGPERSON["id"]: (1, 20100, 1), "51": (2, 102333, 2),
        "17-655d3c1f0a2b4": (1, 18999, 3), "vod_1": (1, 30000, 1),
    }  # fmt: skip
    assert stored["51"].callback_url == BITRIX["responseURL"]


def test_status_with_a_body_of_an_empty_list(till):
    answer = calls.ask(till, "GET", "/v1/status", [])
    assert (answer.status, answer.json["status"]) == (200, "ASSOCIATED")
    assert answer.json["dateTime"].endswith("+00:00")


def test_trailing_slashes(till):
    assert calls.ask(till, "GET", "/v1/status/").status == 200
    assert calls.ask(till, "POST", "/v2/doc/", calls.document()).status == 200
    assert calls.ask(till, "GET", "/v2/doc/order-1/status/").status == 200


def test_a_repeat_is_answered_with_the_first_document(till):
    first = calls.post(till, calls.document())
    repeat = calls.post(till, calls.document(email="other@example.ru"), "v2")
    assert (first.status, repeat.status, repeat.json["status"]) == (200, 200, "QUEUED")
    assert len(calls.stored(till)) == 1


def test_the_gateway_speaks_atol(shop):
    from tests.api.atol import calls as atol
    from tests.api.shops import PASSWORD

    answer = call("POST", "/api/fn/possystem/v4/getToken", {"login": shop.login, "pass": PASSWORD})
    sold = call("POST", f"/api/fn/possystem/v4/{shop.group}/sell", atol.sell(), {"Token": answer.json["token"]})
    assert (sold.status, sold.json["status"]) == (200, "wait")
    big = call("POST", "/api/fn/possystem/v4/getToken", b" " * 2_200_000)
    assert "error" in big.json
