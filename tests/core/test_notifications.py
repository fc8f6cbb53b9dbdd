"""Notifications from the row to the mailbox and the phone, over real SMTP and HTTP to the sandbox's process."""

from __future__ import annotations

import dataclasses
import datetime as dt
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

import httpx
import pytest
from django.db import connection
from tests.sandbox.running import Running, free_port, running_sandbox

from openkassa.core import mail, notifications
from openkassa.core.clock import now
from openkassa.core.letters import LANGUAGES, letter, short_message
from openkassa.core.models import Notification, Organisation
from openkassa.core.notifications import (
    WrongNotification,
    notification_enqueue,
    notification_resend,
    notifications_drain,
    waiting_without_server,
)
from openkassa.core.settings import settings
from openkassa.core.tenancy import within

pytestmark = pytest.mark.django_db(transaction=True)
CONTEXT = {
    "shop": "ООО «Ромашка»",
    "total": 123456,
    "currency": "RUB",
    "date": "2026-03-01T15:04:00+03:00",
    "link": "https://kassa.example.com/r/1?a=1&b=2",
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory) -> Iterator[Running]:
    with running_sandbox(tmp_path_factory.mktemp("home")) as process:
        yield process


@pytest.fixture
def http(sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, timeout=10, trust_env=False) as client:
        yield client
        for path in ("mail", "sms", "faults"):
            client.delete(f"/api/{path}").raise_for_status()


@pytest.fixture
def configure(monkeypatch) -> Callable[..., None]:
    def change(**values) -> None:
        changed = dataclasses.replace(settings(), **values)
        monkeypatch.setattr(notifications, "settings", lambda: changed)

    return change


@pytest.fixture
def servers(sandbox, configure) -> None:
    configure(smtp_url=f"smtp://127.0.0.1:{sandbox.smtp_port}", sms_url=f"{sandbox.url}/sms")


@pytest.fixture
def organisation() -> Organisation:
    return Organisation.objects.create(name="ООО «Ромашка»", inn="7700000000")


def enqueue(organisation: Organisation, **changes) -> bool:
    return notification_enqueue(
        **{
            "organisation_id": organisation.id,
            "key": "receipt-1",
            "channel": "email",
            "recipient": "buyer@example.com",
            "template": "receipt_copy",
            "context": CONTEXT,
            "language": "ru",
            "at": now(),
        }
        | changes
    )


def enqueue_sms(organisation: Organisation, **changes) -> bool:
    return enqueue(organisation, **{"channel": "sms", "recipient": "+79990000001"} | changes)


@pytest.fixture
def later(travel) -> Callable[[float], None]:
    def move(seconds: float) -> None:
        travel(seconds)
        time.sleep(0.03)  # a process reads the travelling clock each 20 ms

    return move


def compose(recipient: str) -> EmailMessage:
    return mail.compose(
        letter("receipt_copy", "ru", CONTEXT),
        sender="no-reply@kassa.example.com",
        recipient=recipient,
        sender_name="",
        message_id="1",
        at=now(),
    )


def plain(text: str) -> str:
    return text.replace("\xa0", " ")


def row(organisation: Organisation, key: str = "receipt-1") -> Notification:
    with within(organisation.id):
        return Notification.objects.get(key=key)


def test_a_buyers_copy_reaches_the_mailbox(servers, organisation, http):
    assert enqueue(organisation)
    assert notifications_drain() == 1
    [message] = http.get("/api/mail").json()["messages"]
    stored = row(organisation)
    assert (stored.state, stored.attempts, stored.error) == ("sent", 1, "")
    assert message["to"] == ["buyer@example.com"]
    assert message["subject"] == "Чек на 1 234,56 ₽ от ООО «Ромашка»"
    assert "1 марта 2026, 15:04" in message["text"]
    assert "https://kassa.example.com/r/1?a=1&b=2" in message["text"]
    assert 'href="https://kassa.example.com/r/1?a=1&amp;b=2"' in message["html"]
    assert message["message_id"] == f"<{stored.id}@127.0.0.1>"
    assert notifications_drain() == 0


def test_an_sms_reaches_the_phone(servers, organisation, http):
    enqueue_sms(organisation)
    assert notifications_drain() == 1
    [message] = http.get("/api/sms").json()["messages"]
    assert message["id"] == str(row(organisation).id)
    assert (message["phone"], message["text"]) == (
        "+79990000001",
        "ООО «Ромашка»: чек на 1 234,56 ₽ https://kassa.example.com/r/1?a=1&b=2",
    )


def test_the_same_key_is_one_message(servers, organisation, http):
    assert enqueue(organisation)
    assert not enqueue(organisation, recipient="other@example.com")
    other = Organisation.objects.create(name="Другая", inn="7700000001")
    assert enqueue(other)
    notifications_drain()
    notifications_drain()
    assert len(http.get("/api/mail").json()["messages"]) == 2


def test_several_workers_send_each_message_once(servers, organisation, http):
    for number in range(30):
        enqueue(organisation, key=f"receipt-{number}", recipient=f"buyer{number}@example.com")
    start = threading.Barrier(3)

    def work(_: int) -> None:
        start.wait()
        try:
            while notifications_drain(5):
                pass
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    recipients = [message["to"][0] for message in http.get("/api/mail").json()["messages"]]
    assert sorted(recipients) == sorted(f"buyer{number}@example.com" for number in range(30))


def test_control_without_the_claim_messages_are_sent_twice(servers, organisation, http, monkeypatch):
    """What the claim guards against: two workers that both read the row before either has marked it."""
    enqueue(organisation)

    def unclaimed(organisation_id, channel, limit):
        with within(organisation_id):
            return list(Notification.objects.filter(state="waiting", channel=channel))

    monkeypatch.setattr(notifications, "_claim", unclaimed)
    start = threading.Barrier(2)
    send = mail.send

    def together(smtp, message):
        start.wait(5)
        send(smtp, message)

    monkeypatch.setattr(mail, "send", together)

    def work(_: int) -> None:
        try:
            notifications_drain(5)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert len(http.get("/api/mail").json()["messages"]) == 2


def test_a_refusal_for_now_is_retried_later_and_one_for_ever_is_not(servers, organisation, http, later):
    http.post("/faults", json={"name": "smtp.refuse", "value": 451, "times": 1})
    enqueue(organisation)
    notifications_drain()
    stored = row(organisation)
    assert stored.state == "waiting"
    assert "451" in stored.error
    assert notifications_drain() == 0, "its time has not come"
    later(60)
    assert notifications_drain() == 1
    assert row(organisation).state == "sent"
    http.post("/faults", json={"name": "smtp.refuse", "value": 550, "times": 1})
    enqueue(organisation, key="receipt-2")
    notifications_drain()
    assert row(organisation, "receipt-2").state == "failed"


def test_a_lost_answer_repeats_the_mail_with_the_same_message_id(servers, organisation, http, later):
    http.post("/faults", json={"name": "smtp.lose_answer", "value": 1, "times": 1})
    enqueue(organisation)
    notifications_drain()
    assert row(organisation).state == "waiting"
    later(60)
    notifications_drain()
    assert row(organisation).state == "sent"
    messages = http.get("/api/mail").json()["messages"]
    assert len(messages) == 2
    assert len({message["message_id"] for message in messages}) == 1


def test_a_lost_answer_of_the_gateway_makes_no_second_sms(servers, organisation, http, later):
    http.post("/faults", json={"name": "sms.lose_answer", "value": 1, "times": 1})
    enqueue_sms(organisation)
    notifications_drain()
    assert row(organisation).state == "waiting"
    later(60)
    notifications_drain()
    assert row(organisation).state == "sent"
    [message] = http.get("/api/sms").json()["messages"]
    assert message["repeats"] == 1


def test_a_worker_that_dies_after_sending_repeats_when_its_claim_runs_out(
    servers, organisation, http, later, monkeypatch
):
    enqueue(organisation)
    with monkeypatch.context() as patch:
        patch.setattr(notifications, "_mark", lambda *_, **__: None)  # killed before the mark
        notifications_drain()
    assert row(organisation).state == "waiting"
    assert notifications_drain() == 0, "the claim holds"
    later(notifications.CLAIM.total_seconds())
    notifications_drain()
    assert row(organisation).state == "sent"
    assert len({message["message_id"] for message in http.get("/api/mail").json()["messages"]}) == 1


def test_a_late_worker_does_not_overwrite_what_the_next_one_has_found(organisation, configure):
    configure(smtp_url="smtp://127.0.0.1:1")
    enqueue(organisation)
    [first] = notifications._claim(organisation.id, "email", 1)
    with within(organisation.id):
        Notification.objects.update(next_at=now())
    [second] = notifications._claim(organisation.id, "email", 1)
    notifications._mark(second, state="sent", sent_at=now())
    notifications._mark(first, state="failed", error="late")
    assert row(organisation).state == "sent"


def test_retries_back_off_and_end_after_three_days(organisation, configure, later):
    configure(smtp_url=f"smtp://127.0.0.1:{free_port()}")
    enqueue(organisation)
    waits = []
    for _ in range(60):
        at = now()
        assert notifications_drain(jitter=lambda: 0.5) == 1
        stored = row(organisation)
        if stored.state == "failed":
            break
        waits.append(round((stored.next_at - at).total_seconds()))
        later(waits[-1] + 5)
    assert waits[:4] == [30, 60, 120, 240]
    assert max(waits) == 6 * 3600
    assert dt.timedelta(days=3) <= now() - stored.created_at < dt.timedelta(days=3.5)
    assert "given up after 3 days" in stored.error
    assert notification_resend(organisation_id=organisation.id, notification_id=stored.id)
    assert row(organisation).state == "waiting"


def test_messages_wait_while_there_is_no_server_and_doctor_can_count_them(organisation, configure):
    configure(smtp_url=None, sms_url=None)
    enqueue(organisation)
    enqueue_sms(organisation, key="receipt-2")
    assert notifications_drain() == 0
    assert row(organisation).attempts == 0
    assert waiting_without_server(notifications.settings()) == {"email": 1, "sms": 1}


def test_a_recipient_can_not_add_headers_or_recipients(servers, organisation, http):
    enqueue(organisation, recipient="buyer@example.com\r\nBcc: victim@example.com")
    enqueue(organisation, key="receipt-2", context=CONTEXT | {"shop": "Shop\r\nBcc: victim@example.com"})
    notifications_drain()
    assert row(organisation).state == "failed"
    [message] = http.get("/api/mail").json()["messages"]
    assert message["to"] == ["buyer@example.com"]
    head = http.get(f"/mailbox/{message['id']}/raw").text.partition("\r\n\r\n")[0]
    assert "\nBcc:" not in head


@pytest.mark.parametrize(
    "recipient", ["", "buyer", "@", "a@b@c", "one@example.com, two@example.com", "a b@example.com"]
)
def test_a_recipient_that_is_not_one_address_is_refused(recipient):
    with pytest.raises(mail.DeliveryRefused):
        compose(recipient)


def test_a_domain_in_cyrillic_takes_its_ascii_form():
    assert compose("buyer@пример.рф")["To"] == "buyer@xn--e1afmkfd.xn--p1ai"


def test_a_shops_name_is_escaped_in_the_page(servers, organisation, http):
    enqueue(organisation, context=CONTEXT | {"shop": "<b>&shop"})
    notifications_drain()
    [message] = http.get("/api/mail").json()["messages"]
    assert "<b>&shop" in message["text"]
    assert "<b>&shop" not in message["html"]
    assert "&lt;b&gt;&amp;shop" in message["html"]


def test_addresses_that_servers_repeat_are_masked_in_the_error(organisation, configure, servers, http):
    enqueue(organisation)
    [claimed] = notifications._claim(organisation.id, "email", 1)
    notifications._put_off(claimed, "450 <buyer@example.com> is busy", lambda: 0.5)
    assert "buyer@example.com" not in row(organisation).error


def test_an_unknown_template_or_channel_is_refused_when_it_is_written(organisation):
    for changes in ({"template": "none"}, {"template": "../ru/receipt_copy"}, {"channel": "pigeon"}):
        with pytest.raises(WrongNotification):
            enqueue(organisation, **changes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_its_texts(language):
    made = letter("receipt_copy", language, CONTEXT)
    for text in (made.subject, made.text, made.html):
        assert "Ромашка" in text
        assert "1 234,56" in plain(text) or "1,234.56" in text
    assert "https://kassa.example.com/r/1" in short_message("receipt_copy", language, CONTEXT)


def test_a_password_is_not_sent_without_tls(sandbox, monkeypatch):
    server = mail.mail_server(f"smtp://user:secret@127.0.0.1:{sandbox.smtp_port}", "https://kassa.example.com")
    assert server.sender == "no-reply@kassa.example.com"
    monkeypatch.setattr(mail.MailServer, "on_this_machine", False)
    with pytest.raises(mail.DeliveryFailed, match="TLS"), mail.connected(server):
        pass


def test_a_server_that_never_answers_is_left(monkeypatch, sandbox, http):
    http.post("/faults", json={"name": "smtp.delay", "value": 5, "times": 1})
    monkeypatch.setattr(mail, "TOTAL_SECONDS", 0.3)
    server = mail.mail_server(f"smtp://127.0.0.1:{sandbox.smtp_port}", "https://kassa.example.com")
    started = now()
    with pytest.raises(mail.DeliveryFailed), mail.connected(server) as smtp:
        mail.send(smtp, compose("buyer@example.com"))
    assert isinstance(smtp, smtplib.SMTP)
    assert now() - started < dt.timedelta(seconds=3)
