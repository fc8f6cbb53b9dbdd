"""Who may read a document over HTTP, and what comes: fields in the tax service's names, or the bytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.ofd.kkt import TestRegister, checked

from openkassa.fiscal.ffd.reader import read_document, to_fns_json
from openkassa.fiscal.fn import Made
from openkassa.ofd.archive import selectors
from openkassa.ofd.exchange.store import Store
from openkassa.ofd.people.services import user_create
from openkassa.ofd.web import visitors

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("static_files")]
PASSWORD = "a long pass-phrase"


@pytest.fixture
def fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "_limiter", visitors.FixedWindowRateLimiter(visitors.MemoryStorage()))


@pytest.fixture
def store(django_db_setup: None) -> Iterator[Callable[[TestRegister], None]]:
    """Puts everything a register has made into the archive, as the exchange does."""
    writer = Store(os.environ["KASSA_OFD_DATABASE_URL"])
    yield lambda register: writer.write([checked(register, position) for position in range(len(register.made))])
    writer.close()


@pytest.fixture
def receipt(register: TestRegister, store: Callable[[TestRegister], None], fresh_limits: None) -> Made:
    made = register.receipt(12_345, items=2)
    store(register)
    return made


@pytest.fixture
def operator(client: Client) -> Client:
    user = user_create(display_name="Оператор", identifier="op@example.com", password=PASSWORD, is_operator=True)
    client.force_login(user, "openkassa.core.identity.IdentifierBackend")
    return client


def address(register: TestRegister, made: Made, suffix: str = "") -> str:
    return f"/documents/{register.fn}/{made.fd}{suffix}"


def test_fields_come_in_the_tax_services_names(client: Client, register: TestRegister, receipt: Made):
    answer = client.get(address(register, receipt), {"fp": receipt.fiscal_sign})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    body = answer.json()
    assert (body["fiscalDriveNumber"], body["fiscalDocumentNumber"]) == (register.fn, receipt.fd)
    assert (body["totalSum"], body["fiscalSign"], len(body["items"])) == (12_345, receipt.fiscal_sign, 2)
    assert body.keys() == to_fns_json(read_document(receipt.container)).keys()


def test_the_bytes_are_those_that_came(client: Client, register: TestRegister, receipt: Made):
    answer = client.get(address(register, receipt, ".bin"), {"fp": receipt.fiscal_sign})
    assert (answer.status_code, answer.content) == (200, receipt.container)
    assert answer["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("suffix", ["", ".bin"])
def test_wrong_missing_and_unknown_are_answered_alike(
    client: Client, register: TestRegister, receipt: Made, suffix: str
):
    here = address(register, receipt, suffix)
    answers = [
        client.get(here),
        client.get(here, {"fp": receipt.fiscal_sign ^ 1}),
        client.get(here, {"fp": ""}),
        client.get(here, {"fp": "0x12"}),
        client.get(here, {"fp": "9" * 5000}),
        client.get(here, {"fp": "-1"}),
        client.get(f"/documents/9999999999999999/{receipt.fd}{suffix}", {"fp": receipt.fiscal_sign}),
        client.get(f"/documents/{register.fn}/9999999999{suffix}", {"fp": receipt.fiscal_sign}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer.content, tuple(sorted(answer.headers.items()))) for answer in answers}) == 1


def test_staff_needs_no_fiscal_sign_but_a_wrong_one_is_still_wrong(
    operator: Client, register: TestRegister, receipt: Made
):
    assert operator.get(address(register, receipt, ".bin")).content == receipt.container
    assert operator.get(address(register, receipt), {"fp": receipt.fiscal_sign ^ 1}).status_code == 404


def test_a_person_who_is_not_staff_sees_no_more_than_anybody(client: Client, register: TestRegister, receipt: Made):
    user = user_create(display_name="Клиент", identifier="client@example.com", password=PASSWORD)
    client.force_login(user, "openkassa.core.identity.IdentifierBackend")
    assert client.get(address(register, receipt)).status_code == 404
    for page in ("/registers", "/archive", f"/registers/{register.fn}", f"/archive/{register.fn}/{receipt.fd}"):
        assert client.get(page).status_code == 403


def test_guessing_is_stopped_but_knowing_is_not_counted(
    client: Client, register: TestRegister, receipt: Made, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(visitors, "MISSES", visitors.RateLimitItemPerMinute(5))
    for _ in range(10):
        assert client.get(address(register, receipt), {"fp": receipt.fiscal_sign}).status_code == 200
    for _ in range(5):
        assert client.get(address(register, receipt), {"fp": 1}).status_code == 404
    answer = client.get(address(register, receipt), {"fp": receipt.fiscal_sign})
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    other = client.get(address(register, receipt), {"fp": receipt.fiscal_sign}, REMOTE_ADDR="192.0.2.7")
    assert other.status_code == 200


def test_documents_are_not_cached_by_others(client: Client, register: TestRegister, receipt: Made):
    assert "no-store" in client.get(address(register, receipt), {"fp": receipt.fiscal_sign})["Cache-Control"]


def test_other_methods_are_refused(client: Client, register: TestRegister, receipt: Made):
    for method in (client.post, client.put, client.delete, client.patch):
        assert method(address(register, receipt)).status_code == 405


def test_a_huge_body_is_refused_before_it_is_read(client: Client):
    assert client.post("/login", {"identifier": "x" * 300_000}).status_code == 413


def test_a_foreign_host_is_refused_with_a_page(client: Client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


# -- buyers' pages ----------------------------------------------------------------------------------------------


def paper(register: TestRegister, made: Made, suffix: str = "") -> str:
    return f"/receipt/{register.fn}/{made.fd}/{made.fiscal_sign}{suffix}"


def test_the_search_leads_to_the_receipt(client: Client, register: TestRegister, receipt: Made):
    numbers = {"fn": register.fn, "fd": receipt.fd, "fp": receipt.fiscal_sign}
    assert client.get("/", numbers)["Location"] == paper(register, receipt)
    text = f"t=20261102T0901&s=123.45&fn={register.fn}&i={receipt.fd}&fp={receipt.fiscal_sign}&n=1"
    assert client.get("/", {"qr": text})["Location"] == paper(register, receipt)


def test_the_search_says_what_is_wrong(client: Client, register: TestRegister, receipt: Made):
    assert client.get("/", {"fn": "12", "fd": "x", "fp": ""}).status_code == 422
    assert client.get("/", {"qr": "https://example.com"}).status_code == 422
    wrong = client.get("/", {"fn": register.fn, "fd": receipt.fd, "fp": 1})
    unknown = client.get("/", {"fn": "9999999999999999", "fd": 1, "fp": 1})
    assert (wrong.status_code, unknown.status_code) == (404, 404)


def test_the_search_is_throttled_by_address(client: Client, fresh_limits: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(visitors, "SEARCHES", visitors.RateLimitItemPerMinute(3))
    asked = [client.get("/", {"qr": "nothing"}).status_code for _ in range(4)]
    assert asked == [422, 422, 422, 429]
    assert client.get("/").status_code == 200


def test_a_receipt_has_a_page_a_pdf_and_a_picture(client: Client, register: TestRegister, receipt: Made):
    page = client.get(paper(register, receipt))
    assert page.status_code == 200
    assert str(receipt.fiscal_sign) in page.content.decode()
    assert "=123.45" in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex"
    assert client.get(paper(register, receipt, "/pdf")).content.startswith(b"%PDF-")
    assert client.get(paper(register, receipt, "/png")).content.startswith(b"\x89PNG")


@pytest.mark.parametrize("suffix", ["", "/pdf", "/png"])
def test_reports_and_wrong_signs_have_no_page(client: Client, register: TestRegister, receipt: Made, suffix: str):
    shift = register.made[1]
    pages = [
        client.get(paper(register, shift, suffix)),
        client.get(f"/receipt/{register.fn}/{receipt.fd}/1{suffix}"),
        client.get(f"/receipt/{register.fn}/{receipt.fd}/abc{suffix}"),
    ]
    assert [page.status_code for page in pages] == [404, 404, 404]


# -- staff pages ------------------------------------------------------------------------------------------------


def test_a_stranger_is_sent_to_sign_in_and_comes_back(client: Client, register: TestRegister):
    answer = client.get(f"/registers/{register.fn}?after=3")
    assert answer["Location"].startswith("/login?next=/registers/")
    user_create(display_name="Оператор", identifier="op@example.com", password=PASSWORD, is_operator=True)
    given = {"identifier": "OP@example.com", "password": PASSWORD, "next": f"/registers/{register.fn}"}
    assert client.post("/login", given)["Location"] == f"/registers/{register.fn}"


def test_sign_in_leads_nowhere_else(client: Client):
    user_create(display_name="Оператор", identifier="op@example.com", password=PASSWORD, is_operator=True)
    given = {"identifier": "op@example.com", "password": PASSWORD, "next": "https://example.com/"}
    assert client.post("/login", given)["Location"] == "/registers"


def test_guessing_a_password_is_stopped(client: Client):
    user_create(display_name="Оператор", identifier="op@example.com", password=PASSWORD, is_operator=True)
    wrong = {"identifier": "op@example.com", "password": "wrong"}
    tried = [client.post("/login", wrong).status_code for _ in range(11)]
    assert tried == [422] * 10 + [429]
    assert client.post("/login", wrong | {"password": PASSWORD}).status_code == 429


def test_staff_sees_registers_shifts_and_documents(
    operator: Client, register: TestRegister, receipt: Made, store: Callable[[TestRegister], None]
):
    register.close_shift()
    store(register)
    for query in (register.fn, register.rnm, register.inn, "ромашк"):
        assert register.rnm in operator.get("/registers", {"q": query}).content.decode(), query
    assert register.rnm not in operator.get("/registers", {"q": "9999999999999998"}).content.decode()
    pages = [
        f"/registers/{register.fn}",
        f"/registers/{register.fn}/shifts/1",
        f"/archive?q={register.fn}",
        f"/archive/{register.fn}/{receipt.fd}",
        f"/archive/{register.fn}/1",
        f"/archive/{register.fn}/4",
    ]
    for page in pages:
        answer = operator.get(page)
        assert answer.status_code == 200, page
        assert "<c-" not in answer.content.decode(), page
    shift = operator.get(pages[1]).content.decode()
    assert all(f"/archive/{register.fn}/{fd}" in shift for fd in (2, 3, 4))
    assert f"/archive/{register.fn}/1" not in shift


@pytest.mark.parametrize("page", ["/registers/{}", "/registers/{}/shifts/1", "/archive/{}/1"])
def test_what_does_not_exist_is_not_found(operator: Client, page: str):
    assert operator.get(page.format("9999999999999998")).status_code == 404


def test_pages_come_in_three_languages(client: Client, register: TestRegister, receipt: Made):
    for language in ("ru", "ky", "en"):
        answer = client.get(paper(register, receipt), headers={"accept-language": language})
        assert f'<html lang="{language}"' in answer.content.decode()
        assert client.get(paper(register, receipt, "/pdf"), headers={"accept-language": language}).status_code == 200


def test_lists_walk_along_an_index(register: TestRegister, receipt: Made):
    """Neither a scan of the whole table nor a sort, whatever the filter: a page costs the same at a million rows."""
    last = selectors.document_find(fn=register.fn, fd=receipt.fd, fiscal_sign=None)
    lists = [
        lambda: selectors.document_find(fn=register.fn, fd=receipt.fd, fiscal_sign=receipt.fiscal_sign),
        lambda: selectors.document_list(after=str(last.id)),
        lambda: selectors.document_list(fn=register.fn, after="9"),
        lambda: selectors.document_list(inn=register.inn, after=str(last.id)),
        lambda: selectors.document_list(faulty=True),
        lambda: selectors.shift_documents(fn=register.fn, number=1),
        lambda: selectors.shift_list(fn=register.fn, after="9"),
        lambda: selectors.register_list(after=str(last.id)),
        lambda: selectors.register_list(query=register.rnm),
    ]
    with connection.cursor() as cursor:
        for method in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{method} = off")
    for ask in lists[:-1]:
        with CaptureQueriesContext(connection) as queries:
            ask()
        for query in queries.captured_queries:
            plan = explained(query["sql"])
            assert "Seq Scan" not in plan, plan
            assert "Sort" not in plan, plan
    with CaptureQueriesContext(connection) as queries:
        lists[-1]()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = on")
    assert "Seq Scan" not in explained(queries.captured_queries[0]["sql"])


def explained(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + query)
        return "\n".join(row[0] for row in cursor.fetchall())


def test_pages_ask_few_questions(operator: Client, register: TestRegister, receipt: Made):
    pages = ["/registers", "/archive", f"/registers/{register.fn}", f"/registers/{register.fn}/shifts/1"]
    for page in pages:
        with CaptureQueriesContext(connection) as queries:
            operator.get(page)
        assert len(queries) <= 5, page


def test_lists_are_paged_without_gap_or_repeat(register: TestRegister, store: Callable[[TestRegister], None]):
    for _ in range(120):
        register.receipt()
    store(register)
    seen: list[int] = []
    after = ""
    while True:
        page = selectors.document_list(fn=register.fn, after=after)
        seen += [document.fd for document in page.rows]
        if page.next is None:
            break
        after = page.next
    assert seen == list(range(122, 0, -1))
    assert len(selectors.shift_documents(fn=register.fn, number=1).rows) == selectors.PAGE


@pytest.mark.parametrize("cursor", ["", "x", "-1", "9" * 50, "00000000-0000-0000-0000-00000000000g", "\0"])
def test_a_broken_cursor_is_the_first_page(operator: Client, register: TestRegister, receipt: Made, cursor: str):
    for page in ("/registers", "/archive", f"/archive?q={register.fn}", f"/registers/{register.fn}"):
        assert operator.get(page, {"after": cursor}).status_code == 200


def test_odd_searches_find_nothing(operator: Client, register: TestRegister, receipt: Made):
    for text in ("\0", "%", "' OR 1=1 --", "９９９９００００００００００００", "x" * 5000):
        for page in ("/registers", "/archive"):
            assert operator.get(page, {"q": text}).status_code == 200, text
