"""The page "Check my request": a pasted request is shown as what it would become, and nothing is stored."""

from __future__ import annotations

import json

import pytest
from tests.api.atol import calls as atol
from tests.web.test_pages import assert_page

from openkassa.core.tenancy import within
from openkassa.kassa.receipts.models import Channel
from openkassa.kassa.receipts.selectors import receipt_list

PATH = "/connect/check"


@pytest.fixture
def channel_id(shop):
    from openkassa.kassa.receipts.channels import channel_create

    return str(
        channel_create(
            organisation_id=shop.organisation_id, kind="atol", code="g_1", name="Сайт", pool_id=shop.world.pool.id
        ).id
    )


def body(shop) -> dict:
    given = atol.sell()
    given["receipt"]["company"]["inn"] = shop.world.channel.inn
    return given


def paste(first: str, content: object) -> str:
    return f"{first}\r\nToken: x\r\n\r\n{json.dumps(content, ensure_ascii=False)}"


def test_a_good_request_shows_its_receipt(owner, shop, channel_id):
    text = paste("POST https://kassa.example/possystem/v4/g_1/sell HTTP/1.1", body(shop))
    html = assert_page(owner.post(PATH, {"channel_id": channel_id, "request": text}))
    assert "КАССОВЫЙ ЧЕК" in html and "1059" in html
    assert receipt_list(shop.organisation_id) == []


def test_each_problem_stands_by_its_field_and_what_was_pasted_stays(owner, shop, channel_id):
    given = body(shop) | {"external_id": "x" * 129}
    html = assert_page(owner.post(PATH, {"channel_id": channel_id, "request": paste("POST /v4/g_1/sell", given)}))
    assert "external_id" in html and "x" * 129 in html and "КАССОВЫЙ ЧЕК" not in html


@pytest.mark.parametrize("text", ["", "hello", "POST /nowhere\n\n{}", "POST http://[\n\n{}"])
def test_what_is_no_request_is_explained(owner, channel_id, text):
    response = owner.post(PATH, {"channel_id": channel_id, "request": text})
    assert response.status_code == 422
    assert "invalid" in response.content.decode()


def test_another_organisations_channel_can_not_be_chosen(owner, shop, db):
    from tests.web.shop import make_shop

    other = make_shop("ООО «Другой»", "other@example.com")
    with within(other.organisation_id):
        foreign = Channel.objects.create(
            organisation_id=other.organisation_id, kind="atol", code="g_2", name="Чужой", pool_id=other.world.pool.id
        )
    response = owner.post(PATH, {"channel_id": str(foreign.id), "request": paste("POST /v4/g_2/sell", body(shop))})
    assert response.status_code == 422
    assert "Чужой" not in response.content.decode()


def test_a_cashier_has_no_such_page(client, shop):
    from tests.web.shop import member

    client.force_login(member(shop.world, "cashier@example.com", "cashier"))
    assert client.get(PATH).status_code == 403
