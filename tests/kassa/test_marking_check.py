"""Marking codes are asked about before a sale: what is refused, what goes on, and who is asked."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
import uuid

import pytest
from django.db import connection
from tests.fiscal.test_marking import FUR, MILK, SHOES, SHORT
from tests.support.marking_service import ask_before_sales, marked, sell
from tests.support.world import World, make_world

from openkassa.core.settings import settings
from openkassa.core.tenancy import within
from openkassa.fiscal.draft import Correction, IndustryProps, Item
from openkassa.fiscal.ffd.tlv import all_of, decode, first
from openkassa.kassa.marking import hosts as hosts_module
from openkassa.kassa.marking import service
from openkassa.kassa.marking.hosts import EXCLUDED_SECONDS, KEPT_SECONDS
from openkassa.kassa.receipts import services
from openkassa.kassa.receipts.models import Channel, Receipt, ReceiptContent
from openkassa.kassa.receipts.services import DraftRefused


@pytest.fixture
def shop(transactional_db, marking) -> World:
    """An organisation whose channel asks about codes; it needs no register."""
    world = make_world()
    return ask_before_sales(world, marking.key)


def refused(world: World, *items: Item, **changes) -> set[str]:
    with pytest.raises(DraftRefused) as error:
        sell(world, *items, **changes)
    with within(world.organisation_id):
        assert not Receipt.objects.exists()
    assert all(finding.path == "items[0].mark.code" for finding in error.value.findings)
    return {finding.code for finding in error.value.findings}


def permissions(world: World, receipt_id: uuid.UUID) -> list[list]:
    """1260 of each line of the content that registers get."""
    with within(world.organisation_id):
        content = bytes(ReceiptContent.objects.get(receipt_id=receipt_id).content)
    return [all_of(item, 1260) for item in all_of(decode(content), 1059)]


def test_goods_in_circulation_are_sold_and_the_receipt_says_that_they_were_asked_about(shop, marking):
    marking.put(SHOES)
    marking.put(SHORT)
    accepted = sell(shop, marked(), marked(SHORT, "short"), marked(FUR, "fur"))
    assert not [text for text in accepted.warnings if "не проверен" in text]
    shoes, short, fur = permissions(shop, accepted.receipt_id)
    assert fur == [] and shoes == short
    [props] = shoes
    assert [first(props, tag) for tag in (1262, 1263, 1264)] == ["030", "21.11.2023", "1944"]
    request, at = (part.partition("=")[2] for part in first(props, 1265).split("&"))
    assert uuid.UUID(request) and abs(int(at) / 1000 - time.time()) < 60
    [question] = marking.asked()
    assert (question["codes"], question["status"]) == (2, 200)


@pytest.mark.parametrize(
    ("state", "check"),
    [
        ("emitted", "mark_not_utilised"),
        ("not_verified", "mark_not_verified"),
        ("blocked", "mark_blocked"),
        ("sold", "mark_sold"),
        ("not_realizable", "mark_not_realizable"),
        ("expired", "mark_expired"),
    ],
)
def test_a_sale_is_refused_by_the_check_that_forbids_it(shop, marking, state, check):
    marking.put(SHOES, state)
    assert refused(shop) == {check}


def test_an_unknown_code_is_refused_and_the_grey_zone_is_not(shop, marking):
    assert refused(shop) == {"mark_not_found"}
    marking.put(SHOES, "gray_zone")
    assert not sell(shop).repeat


@pytest.mark.parametrize(
    ("state", "taken"), [("sold", True), ("expired", True), ("not_realizable", True), ("blocked", False)]
)
def test_goods_that_come_back_are_spared_what_forbids_only_a_sale(shop, marking, state, taken):
    marking.put(SHOES, state)
    if taken:
        assert not sell(shop, operation=2).repeat
    else:
        assert refused(shop, operation=2) == {f"mark_{state}"}


def test_a_correction_and_goods_that_the_shop_has_asked_about_are_not_asked_about(shop, marking):
    sell(shop, correction=Correction(by_order=False, date=dt.date(2026, 1, 2)))
    own = IndustryProps(authority="030", date="21.11.2023", number="1944", value="UUID=1&Time=2")
    accepted = sell(shop, marked(industry=(own,)))
    assert marking.asked() == []
    [[props]] = permissions(shop, accepted.receipt_id)
    assert first(props, 1265) == "UUID=1&Time=2"


def test_a_channel_without_a_key_asks_nobody(shop, marking):
    assert not sell(ask_before_sales(shop, "")).repeat
    assert marking.asked() == []


def test_the_key_is_kept_sealed_and_is_not_in_the_contexts_repr(shop, marking):
    with within(shop.organisation_id):
        stored = bytes(Channel.objects.get(id=shop.channel.channel_id).marking_key)
    assert marking.key.encode() not in stored
    assert shop.channel.marking_key == marking.key and marking.key not in repr(shop.channel)


# -- the same sale again ---------------------------------------------------------------------------------------------


def test_a_repeat_is_not_asked_about_again_though_the_code_is_sold_meanwhile(shop, marking):
    marking.put(SHOES)
    first_one = sell(shop, key="order-1")
    marking.put(SHOES, "sold")
    again = sell(shop, key="order-1")
    assert (again.receipt_id, again.repeat, again.same_body) == (first_one.receipt_id, True, True)
    assert len(marking.asked()) == 1


def test_without_the_look_for_the_key_a_repeat_is_refused(shop, marking, monkeypatch):
    marking.put(SHOES)
    sell(shop, key="order-1")
    marking.put(SHOES, "sold")
    monkeypatch.setattr(services, "_is_known", lambda channel, key: False)
    with pytest.raises(DraftRefused):
        sell(shop, key="order-1")


# -- hosts -----------------------------------------------------------------------------------------------------------


def test_a_host_that_fails_is_left_alone_and_the_next_is_asked(shop, marking):
    marking.put(SHOES)
    marking.put(MILK)
    marking.fault("marking.refuse", 503, times=1)
    accepted = sell(shop)
    assert not [text for text in accepted.warnings if "не проверен" in text]
    sell(shop, marked(MILK))
    assert [(one["host"], one["status"]) for one in marking.asked()] == [("", 503), ("/cdn02", 200), ("/cdn02", 200)]


@pytest.mark.parametrize(("name", "value"), [("marking.garbage", 1), ("marking.refuse", 429)])
def test_an_answer_that_says_nothing_is_a_failure_of_the_host(shop, marking, name, value):
    marking.put(SHOES)
    marking.fault(name, value, times=1)
    assert not [text for text in sell(shop).warnings if "не проверен" in text]
    assert [one["host"] for one in marking.asked()] == ["", "/cdn02"]


def test_an_excluded_host_is_asked_again_after_15_minutes(marking):
    now = [1000.0]
    hosts = hosts_module.Hosts(marking.address, marking.key, service.client_of, lambda: now[0])
    first_host, *_ = hosts.usable(2)
    hosts.exclude(first_host)
    assert first_host not in hosts.usable(2)
    now[0] += EXCLUDED_SECONDS - 1
    assert first_host not in hosts.usable(2)
    now[0] += 2
    assert hosts.usable(2)[0] == first_host


def test_the_list_is_asked_for_again_after_six_hours_at_the_latest(marking):
    now = [1000.0]
    hosts = hosts_module.Hosts(marking.address, marking.key, service.client_of, lambda: now[0])
    assert len(hosts.usable(2)) == 3
    marking.fault("marking.info_refuse", 503)
    now[0] += KEPT_SECONDS - 1
    assert len(hosts.usable(2)) == 3
    now[0] += 2 + hosts_module.RETRY_SECONDS
    assert hosts.usable(2) == []  # an older list may not be used


def test_the_quickest_host_stands_first(marking):
    hosts = hosts_module.Hosts(marking.address, marking.key, service.client_of)
    hosts.usable(2)
    hosts._order.reverse()
    hosts.refresh()
    assert [host.removeprefix(marking.address) for host in hosts.usable(2)] == ["", "/cdn02", "/cdn03"]


def test_hosts_of_a_service_on_the_internet_may_not_be_private(monkeypatch):
    changed = dataclasses.replace(settings(), marking_url="https://cdn.example.com")
    monkeypatch.setattr(service, "settings", lambda: changed)
    outcome = service.client_of("https://10.0.0.1").request("GET", "https://10.0.0.1/x", timeout=1)
    assert outcome.code == "forbidden_address"


# -- nobody answers --------------------------------------------------------------------------------------------------


def test_when_nobody_answers_in_time_the_sale_goes_on_with_a_warning(shop, marking):
    marking.put(SHOES, "sold")
    marking.fault("marking.delay", 30)
    begun = time.monotonic()
    accepted = sell(shop)
    took = time.monotonic() - begun
    assert service.BUDGET_SECONDS - 0.1 <= took < service.BUDGET_SECONDS + 0.7
    assert "items[0].mark.code: Код маркировки не проверен перед продажей: ни одна площадка не ответила за 1,5 с." in (
        accepted.warnings
    )
    assert permissions(shop, accepted.receipt_id) == [[]]


def test_each_host_is_asked_once_and_then_left_alone(shop, marking):
    marking.fault("marking.refuse", 503)
    accepted = sell(shop)
    assert len(marking.asked()) == 3 and "ни одна площадка" in accepted.warnings[0]
    assert "список площадок не получен или все исключены" in sell(shop).warnings[0]  # all are left alone now
    assert len(marking.asked()) == 3


def test_a_wrong_request_is_not_repeated_at_another_host(shop, marking):
    marking.fault("marking.refuse", 403)
    assert "проверьте ключ API" in sell(shop).warnings[0]
    assert len(marking.asked()) == 1


def test_without_a_list_of_hosts_the_sale_goes_on(shop, marking):
    marking.fault("marking.info_refuse", 503)
    assert "список площадок не получен" in sell(shop).warnings[0]
    assert marking.asked() == []


def test_no_more_threads_wait_at_once_than_leave_others_free(marking):
    marking.fault("marking.delay", 30)
    service.codes_check(marking.key, [SHOES])  # the list is there now, and one host is left alone
    taken = [service._slots.acquire(blocking=False) for _ in range(service.AT_ONCE)]
    try:
        assert all(taken)
        begun = time.monotonic()
        assert service.codes_check(marking.key, [SHOES]).problem == "busy"
        assert time.monotonic() - begun < service.BUDGET_SECONDS + 0.5
    finally:
        for _ in taken:
            service._slots.release()
    assert service.AT_ONCE < service.THREADS


# -- refunds ---------------------------------------------------------------------------------------------------------


def test_many_codes_go_in_several_questions(marking):
    codes = [f"0104600439931256215Oqv{number:09d}\x1d9312AB" for number in range(service.CODES_AT_ONCE + 1)]
    checked = service.codes_check(marking.key, codes)
    assert len(checked.verdicts) == len(codes) and checked.problem == ""
    assert [one["codes"] for one in marking.asked()] == [service.CODES_AT_ONCE, 1]


def test_no_transaction_is_open_while_the_service_is_asked(shop, marking, monkeypatch):
    open_while_asked = []
    ask = services.draft_check

    def watched(*args, **kwargs):
        open_while_asked.append(connection.in_atomic_block)
        return ask(*args, **kwargs)

    monkeypatch.setattr(services, "draft_check", watched)
    marking.put(SHOES)
    sell(shop)
    assert open_while_asked == [False]
