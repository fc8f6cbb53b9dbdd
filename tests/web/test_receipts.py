"""Pages of receipts: list, filters, Excel file, the page of one receipt."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile

import pytest
from tests.fiscal.test_marking import SHOES
from tests.support.marking_service import marked as marked_item
from tests.support.marking_service import sell
from tests.web.test_pages import assert_page


@pytest.fixture
def small_pages(monkeypatch):
    from openkassa.web import receipt_list

    monkeypatch.setattr(receipt_list, "PAGE", 2)
    monkeypatch.setattr(receipt_list, "EXCEL_PAGE", 2)


def numbers(response) -> list[str]:
    return [row["receipt"].external_id for row in response.context["rows"]]


def test_pages_follow_each_other_by_cursor_without_gap_or_repeat(owner, shop, small_pages):
    for number in range(5):
        shop.world.sell(f"order-{number}")
    address, seen = "/receipts?state=accepted", []
    while address:
        response = owner.get(address)
        seen += numbers(response)
        following = response.context["page"].next
        address = f"/receipts?state=accepted&after={following}" if following else None
        if following:
            assert f"?state=accepted&amp;after={following}" in response.content.decode()
    assert seen == [f"order-{number}" for number in (4, 3, 2, 1, 0)]


def test_filters_choose_by_state_kind_and_day(owner, shop):
    shop.world.sell("sold")
    shop.world.sell("refunded", operation=2)
    today = dt.datetime.now(dt.timezone(dt.timedelta(hours=3))).date()
    assert numbers(owner.get("/receipts?kind=2")) == ["refunded"]
    assert numbers(owner.get("/receipts?state=refused")) == []
    assert len(numbers(owner.get(f"/receipts?since={today}&until={today}"))) == 2
    assert numbers(owner.get(f"/receipts?until={today - dt.timedelta(days=1)}")) == []


@pytest.mark.parametrize("name", ["since", "until"])
@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31", "9999-12-31", "2026-13-01", "x", "٣"])
def test_an_odd_day_is_named_and_chooses_nothing(owner, shop, name, day):
    shop.world.sell("order-1")
    response = owner.get("/receipts", {name: day})
    assert response.status_code == 200
    assert response.context["filters"].errors[name][0] in response.content.decode()
    assert numbers(response) == []
    assert owner.get("/receipts.xlsx", {name: day}).status_code == 302


@pytest.mark.parametrize("text", ["order-7", " order-7 ", "100,00", "100", "100 ₽"])
def test_search_finds_by_number_and_by_sum(owner, shop, text):
    shop.world.sell("order-7")
    assert numbers(owner.get("/receipts", {"q": text})) == ["order-7"]


def test_search_opens_nothing_for_an_unknown_text(owner, shop):
    shop.world.sell("order-7")
    assert numbers(owner.get("/receipts", {"q": "order-"})) == []
    assert numbers(owner.get("/receipts", {"q": "99,99"})) == []


@pytest.mark.parametrize(
    "query", ["state=x", "kind=9", "since=yesterday", "after=1", "since=2026-02-02&until=2026-01-01"]
)
def test_a_wrong_filter_is_named_and_keeps_what_was_typed(owner, shop, query):
    html = assert_page(owner.get(f"/receipts?{query}"))
    assert "ui-tone-bad" in html
    if "since=yesterday" in query:
        assert 'value="yesterday"' in html


def test_markup_in_a_shops_number_stays_text(owner, shop):
    sold = shop.world.sell("<script>alert(1)</script>\"'&{{ 7 }}")
    for address in ("/receipts", f"/receipts/{sold.receipt_id}"):
        html = owner.get(address).content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html
        assert "&amp;lt;" not in html


def sheet_of(response) -> str:
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as book:
        return book.read("xl/worksheets/sheet1.xml").decode()


def test_the_excel_file_holds_what_the_list_shows_and_no_formula(owner, shop, small_pages):
    for number in ("=HYPERLINK(1)", "order-2", "order-3"):
        shop.world.sell(number)
    sheet = sheet_of(owner.get("/receipts.xlsx?state=accepted"))
    assert re.findall(r"<t>(order-\d|=HYPERLINK[^<]*)</t>", sheet) == ["order-3", "order-2", "=HYPERLINK(1)"]
    assert sheet.count("<v>100</v>") == 3
    assert "<f>" not in sheet  # a cell that begins with «=» is text, never a formula


def test_a_page_of_the_list_takes_the_same_queries_however_long_it_is(owner, shop, django_assert_max_num_queries):
    shop.world.sell("first")
    with django_assert_max_num_queries(12) as few:
        owner.get("/receipts")
    for number in range(20):
        shop.world.sell(f"order-{number}")
    with django_assert_max_num_queries(12) as many:
        owner.get("/receipts")
    assert len(many) == len(few)


def test_a_waiting_receipt_asks_for_news_and_a_finished_one_does_not(owner, shop):
    from openkassa.kassa.receipts.services import receipt_withdraw

    sold = shop.world.sell("order-1")
    address = f"/receipts/{sold.receipt_id}"
    assert 'hx-trigger="receipt-changed from:body"' in assert_page(owner.get(address))
    live = assert_page(owner.get(f"{address}/live"))
    assert live.lstrip().startswith('<div id="live"')
    receipt_withdraw(organisation_id=shop.organisation_id, receipt_id=sold.receipt_id, reason="передумали")
    html = assert_page(owner.get(f"{address}/live"))
    assert "receipt-changed" not in html and "передумали" in html


def test_a_callback_is_sent_again_by_its_button(owner, shop, client):
    from openkassa.core.clock import now
    from openkassa.core.tenancy import within
    from openkassa.kassa.receipts.models import Callback, Receipt

    sold = shop.world.sell("order-1")
    with within(shop.organisation_id):
        receipt = Receipt.objects.get(id=sold.receipt_id)
        callback = Callback.objects.create(
            organisation_id=shop.organisation_id, receipt_id=receipt.id, event="refused", url="https://shop.example/hook",
            next_at=now(), give_up_at=now(), created_at=now(),
        )  # fmt: skip
        Callback.objects.filter(id=callback.id).update(state="failed", attempts=9)
    assert "https://shop.example/hook" in assert_page(owner.get(f"/receipts/{receipt.id}"))
    response = owner.post(f"/receipts/{receipt.id}/callbacks/{callback.id}", follow=True)
    assert_page(response)
    with within(shop.organisation_id):
        callback.refresh_from_db()
    assert (callback.state, callback.attempts) == ("waiting", 0)


@pytest.mark.django_db(transaction=True)
def test_a_confirmed_receipt_shows_its_document_and_is_found_by_its_number(confirmed_world, client):
    from tests.support.world import wait_for
    from tests.web.shop import staffed

    shop = staffed(confirmed_world, "owner@example.com")
    device = confirmed_world.add_register()
    sold = confirmed_world.sell("order-1")
    wait_for(lambda: confirmed_world.turn(device) == 0 and confirmed_world.state(sold).state == "confirmed")
    client.force_login(shop.owner)
    fd = confirmed_world.state(sold).fd
    assert numbers(client.get("/receipts", {"q": str(fd)})) == ["order-1"]
    html = assert_page(client.get(f"/receipts/{sold.receipt_id}"))
    assert device.fn in html and "data:image/svg+xml" in html and "receipt-changed" not in html
    assert_page(client.get(f"/registers/{device.register.id}"))
    assert device.register.name in assert_page(client.get("/registers"))


def test_the_page_of_a_receipt_shows_its_marking_codes(owner, shop):
    marked = sell(shop.world, marked_item())
    plain = shop.world.sell("plain")
    page = assert_page(owner.get(f"/receipts/{marked.receipt_id}"))
    assert "Коды маркировки" in page and SHOES.partition("\x1d")[0] in page and "ещё не проверен" in page
    assert "Коды маркировки" not in assert_page(owner.get(f"/receipts/{plain.receipt_id}"))
