"""Everything can be reached and done by keyboard, and one sees where one is."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.browser.test_screens import session_of
from tests.browser.visitor import DESKTOP, PHONE, visitor
from tests.web.shop import PASSWORD, make_shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOCUS_IS_SEEN = """() => {
  const style = getComputedStyle(document.activeElement);
  const after = getComputedStyle(document.activeElement, '::after');
  return [style.outlineStyle, after.outlineStyle].some((one) => one !== 'none') || style.boxShadow !== 'none';
}"""


@pytest.fixture
def shop(transactional_db):
    return make_shop("ООО «Пример»", "owner@example.com")


def test_a_person_signs_in_filters_and_opens_a_receipt_without_a_mouse(shop, live_server, browser):
    shop.world.sell("order-1")
    shop.world.sell("order-2", operation=2)
    seen = visitor(browser, live_server.url, size=DESKTOP)
    seen.open("/receipts")
    keyboard = seen.page.keyboard
    keyboard.type("owner@example.com")  # the first field has the focus
    keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    expect(seen.page.get_by_role("heading", level=1)).to_have_text("Чеки")
    seen.page.get_by_label("Вид").focus()
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    expect(seen.page).to_have_url(re.compile(r"kind=2"))
    expect(seen.page.get_by_text("order-1")).to_have_count(0)
    seen.page.get_by_role("link", name="order-2").focus()
    assert seen.page.evaluate(FOCUS_IS_SEEN)
    keyboard.press("Enter")
    expect(seen.page.get_by_role("heading", level=1)).to_have_text("order-2")
    seen.page.go_back()
    expect(seen.page.get_by_label("Вид")).to_have_value("2")  # the address keeps the filters
    assert seen.complaints == []
    seen.context.close()


def test_every_stop_of_the_tab_key_is_visible(shop, live_server, browser):
    seen = visitor(browser, live_server.url, session=session_of(shop.owner))
    seen.open("/receipts")
    names = []
    for _ in range(12):
        seen.page.keyboard.press("Tab")
        name = seen.page.evaluate("document.activeElement.textContent.trim() || document.activeElement.name")
        names.append(name)
        assert seen.page.evaluate(FOCUS_IS_SEEN), names
    assert len(set(names)) > 8, names
    seen.context.close()


def test_the_menu_of_a_phone_opens_takes_the_focus_and_closes_by_escape(shop, live_server, browser):
    seen = visitor(browser, live_server.url, size=PHONE, session=session_of(shop.owner))
    seen.open("/receipts")
    opener = seen.page.get_by_role("button", name="Меню", exact=True)
    expect(seen.page.get_by_role("link", name="Кассы")).not_to_be_visible()
    opener.press("Enter")
    expect(seen.page.get_by_role("link", name="Кассы")).to_be_visible()
    assert seen.page.evaluate("document.getElementById('menu').contains(document.activeElement)")
    assert seen.faults() == []
    seen.page.keyboard.press("Escape")
    expect(seen.page.get_by_role("link", name="Кассы")).not_to_be_visible()
    expect(opener).to_be_focused()
    seen.context.close()


def test_components_answer_to_the_keyboard(shop, live_server, browser):
    seen = visitor(browser, live_server.url)
    seen.open("/ui/")
    page, keyboard = seen.page, seen.page.keyboard
    page.get_by_role("tab", name="Кассалар").focus()
    keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Документы")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Документы")).to_be_visible()
    expect(page.get_by_role("tabpanel", name="Кассалар")).not_to_be_visible()
    page.get_by_role("button", name="Refund", exact=True).press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert seen.faults() == []
    keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    field = page.get_by_label("Пароль", exact=True)
    field.fill("secret")
    page.get_by_role("button", name="Показать пароль").press("Enter")
    expect(field).to_have_attribute("type", "text")
    assert seen.complaints == []
    seen.context.close()


def test_the_theme_is_kept_between_pages(shop, live_server, browser):
    seen = visitor(browser, live_server.url, theme="light")
    seen.open("/")
    button = seen.page.get_by_role("button", name="Светлая или тёмная тема")
    button.click()
    button.click()
    expect(seen.page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    seen.open("/login")
    expect(seen.page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    seen.context.close()


def test_a_page_on_its_way_follows_the_receipt_by_itself(shop, live_server, browser):
    from openkassa.kassa.receipts.services import receipt_withdraw

    sold = shop.world.sell("order-1")
    seen = visitor(browser, live_server.url, session=session_of(shop.owner))
    seen.open(f"/receipts/{sold.receipt_id}")
    expect(seen.page.locator(".web-state [role=status]")).to_contain_text("принят")
    receipt_withdraw(organisation_id=shop.organisation_id, receipt_id=sold.receipt_id, reason="передумали")
    expect(seen.page.locator(".web-state [role=status]")).to_contain_text("отозван", timeout=6000)
    assert seen.complaints == []
    seen.context.close()
