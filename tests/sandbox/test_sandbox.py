"""The sandbox as its users meet it: a process with an SMTP and an HTTP port."""

from __future__ import annotations

import json
import smtplib
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from tests.sandbox.running import Running, running_sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory) -> Iterator[Running]:
    with running_sandbox(tmp_path_factory.mktemp("home")) as process:
        yield process


@pytest.fixture
def http(sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, timeout=10, trust_env=False) as client:
        yield client
        for path in ("mail", "sms", "faults", "hooks/shop"):
            client.delete(f"/api/{path}").raise_for_status()


def send_mail(sandbox: Running, subject: str = "Чек", html: str = "") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@example.com", "buyer@example.com", subject
    message["Message-ID"] = "<one@example.com>"
    message.set_content("Ваш чек: http://127.0.0.1/r/1")
    if html:
        message.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=10) as smtp:
        smtp.send_message(message)


def mails(http: httpx.Client) -> list[dict]:
    return http.get("/api/mail").json()["messages"]


def sms(http: httpx.Client, number: str = "1", **changes) -> httpx.Response:
    return http.post("/sms", json={"id": number, "to": "+79990000001", "text": "Код 1234"} | changes)


def test_a_mail_arrives_and_is_shown(sandbox, http):
    send_mail(sandbox, html="<p>Ваш <b>чек</b></p>")
    [mail] = mails(http)
    assert (mail["subject"], mail["to"], mail["message_id"]) == ("Чек", ["buyer@example.com"], "<one@example.com>")
    assert "http://127.0.0.1/r/1" in mail["text"]
    assert http.get("/api/mail", params={"to": "other@example.com"}).json()["messages"] == []
    assert "buyer@example.com" in http.get("/mailbox").text
    page = http.get(f"/mailbox/{mail['id']}")
    assert '<a href="http://127.0.0.1/r/1"' in page.text
    assert "Message-ID: <one@example.com>" in http.get(f"/mailbox/{mail['id']}/raw").text


def test_what_a_mail_brings_is_escaped_and_its_html_can_do_nothing(sandbox, http):
    attack = "<script>alert(1)</script>"
    send_mail(sandbox, subject=attack, html=attack)
    [mail] = mails(http)
    for path in ("/mailbox", f"/mailbox/{mail['id']}"):
        page = http.get(path)
        assert attack not in page.text
        assert "script-src" not in page.headers["content-security-policy"]
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
    frame_tag = http.get(f"/mailbox/{mail['id']}").text.partition("<iframe ")[2].partition(">")[0]
    assert 'sandbox="allow-popups' in frame_tag
    assert "allow-scripts" not in frame_tag
    assert "allow-same-origin" not in frame_tag
    frame = http.get(f"/mailbox/{mail['id']}/html")
    policy = frame.headers["content-security-policy"]
    assert policy.startswith("sandbox ")
    assert "default-src 'none'" in policy
    assert "script" not in policy


def test_a_refused_mail_is_not_kept(sandbox, http):
    http.post("/faults", json={"name": "smtp.refuse", "value": 451, "times": 1})
    with pytest.raises(smtplib.SMTPDataError, match="451"):
        send_mail(sandbox)
    assert mails(http) == []
    send_mail(sandbox)
    assert len(mails(http)) == 1


def test_a_lost_answer_leaves_the_mail_taken_and_the_sender_in_doubt(sandbox, http):
    http.post("/faults", json={"name": "smtp.lose_answer", "value": 1, "times": 1})
    with pytest.raises((smtplib.SMTPException, OSError)):
        send_mail(sandbox)
    assert len(mails(http)) == 1


def test_a_mail_can_come_twice_or_late(sandbox, http):
    http.post("/faults", json={"name": "smtp.twice", "value": 1})
    http.post("/faults", json={"name": "smtp.delay", "value": 0.3})
    started = time.monotonic()
    send_mail(sandbox)
    assert time.monotonic() - started >= 0.3
    assert len(mails(http)) == 2


def test_an_sms_is_taken_once_by_its_id(http):
    assert sms(http).json() == {"id": "1", "status": "accepted"}
    assert sms(http).json() == {"id": "1", "status": "repeated"}
    assert sms(http, text="Другое").status_code == 409
    [message] = http.get("/api/sms").json()["messages"]
    assert (message["phone"], message["text"], message["repeats"]) == ("+79990000001", "Код 1234", 1)
    assert "Код 1234" in http.get("/phone").text


@pytest.mark.parametrize(
    "changes",
    [{"id": ""}, {"id": 5}, {"id": "x" * 65}, {"to": "8 999"}, {"to": None}, {"text": ""}, {"text": "я" * 2001}],
)
def test_an_sms_of_a_wrong_form_is_refused(http, changes):
    assert sms(http, **changes).status_code == 422
    assert http.get("/api/sms").json()["messages"] == []


def test_faults_of_the_gateway(http):
    http.post("/faults", json={"name": "sms.refuse", "value": 503, "times": 1})
    assert sms(http).status_code == 503
    assert http.get("/api/sms").json()["messages"] == []
    http.post("/faults", json={"name": "sms.lose_answer", "value": 1, "times": 1})
    with pytest.raises(httpx.TransportError):
        sms(http)
    assert sms(http).json()["status"] == "repeated"


def test_faults_are_switched_on_the_page_and_wrong_ones_are_refused(http):
    page = http.post("/faults", data={"name": "sms.delay", "value": "2", "times": "3"})
    assert 'value="2"' in page.text
    assert http.get("/api/faults").json()["on"] == {"sms.delay": {"value": 2.0, "times": 3}}
    assert http.post("/faults", data={"name": "all"}).status_code == 200
    assert http.get("/api/faults").json()["on"] == {}
    for wrong in [
        {"name": "sms.none", "value": "1"},
        {"name": "sms.delay", "value": "nan"},
        {"name": "sms.refuse", "value": "200"},
    ]:
        assert http.post("/faults", data=wrong).status_code == 422
        assert http.post("/faults", json=wrong).status_code == 400


def test_a_hook_records_any_request_and_answers_as_told(http):
    http.put("/api/hooks/shop/answer", json={"status": 500, "times": 2, "body": "later"})
    answers = [
        http.post("/hook/shop?x=1", content=b'{"uuid": "7"}', headers={"X-Key": "k"}).status_code for _ in range(3)
    ]
    assert answers == [500, 500, 200]
    requests = http.get("/api/hooks/shop").json()["requests"]
    assert [request["status"] for request in requests] == [200, 500, 500]
    assert json.loads(requests[0]["body"]) == {"uuid": "7"}
    assert ["x-key", "k"] in requests[0]["headers"]
    assert requests[0]["path"] == "/hook/shop?x=1"
    assert "POST /hook/shop?x=1" in http.get("/hooks").text


def test_a_hook_can_be_slow_redirect_or_lose_its_answer(http):
    http.put("/api/hooks/shop/answer", json={"status": 200, "delay": 0.3, "times": 1})
    started = time.monotonic()
    assert http.post("/hook/shop").status_code == 200
    assert time.monotonic() - started >= 0.3
    http.put("/api/hooks/shop/answer", json={"status": 302, "body": "http://127.0.0.1/x", "times": 1})
    assert http.post("/hook/shop").headers["location"] == "http://127.0.0.1/x"
    http.put("/api/hooks/shop/answer", json={"status": 0, "times": 1})
    with pytest.raises(httpx.TransportError):
        http.post("/hook/shop")
    assert len(http.get("/api/hooks/shop").json()["requests"]) == 3


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/sms", b"{"),
        ("POST", "/sms", b"[1]"),
        ("POST", "/sms", b"\xff"),
        ("POST", "/sms", b"[" * 100_000),
        ("POST", "/sms", b"x" * 1_100_000),
        ("POST", "/hook/shop", b"x" * 1_100_000),
        ("PUT", "/api/hooks/shop/answer", b'{"status": 99}'),
        ("PUT", "/api/hooks/shop/answer", b'{"delay": -1}'),
        ("PUT", "/api/hooks/shop/answer", b'{"delay": "a"}'),
        ("POST", "/hook/bad%20name", b""),
        ("GET", "/mailbox/999999", b""),
        ("GET", "/nowhere", b""),
        ("POST", "/elsewhere/clear", b""),
    ],
)
def test_bad_requests_get_an_answer_and_not_an_error_of_ours(http, method, path, body):
    assert 400 <= http.request(method, path, content=body).status_code < 500


def test_pages_are_in_two_languages(http):
    assert "Песочница" in http.get("/").text
    assert "sandbox" in http.get("/", headers={"Accept-Language": "en-GB,en;q=0.8"}).text
    english = http.get("/faults?lang=en")
    assert "Switch all off" in english.text
    http.cookies.clear()


def test_health_and_metrics(http):
    assert http.get("/health/ready").json()["checks"]["smtp"]["ok"]
    assert "process_resident_memory_bytes" in http.get("/metrics").text


def test_what_was_received_survives_a_kill(tmp_path: Path):
    with running_sandbox(tmp_path) as first:
        send_mail(first)
        httpx.post(f"{first.url}/sms", json={"id": "1", "to": "+79990000001", "text": "a"}, trust_env=False)
        first.kill()
    with running_sandbox(tmp_path) as second, httpx.Client(base_url=second.url, trust_env=False) as http:
        assert len(mails(http)) == 1
        assert sms(http, text="a").json()["status"] == "repeated"
