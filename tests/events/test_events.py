"""Event streams as a browser meets them: a real process, a real database, real HTTP."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator

import httpx
import psycopg
import pytest
from tests.sandbox.running import Running, free_port, running

from openkassa.core.clock import now
from openkassa.core.doorbell import ring
from openkassa.core.ids import uuid7
from openkassa.core.models import Organisation
from openkassa.core.settings import settings
from openkassa.core.tickets import LIFETIME, make_ticket
from openkassa.events.hub import PER_ORGANISATION, before, id_at
from openkassa.kassa.receipts.models import ReceiptEvent

pytestmark = pytest.mark.django_db(transaction=True)
SOON = 3.0  # seconds in which an event must have come
QUIET = 0.7  # longer than a poll takes


@pytest.fixture(scope="module")
def server(django_db_setup) -> Iterator[Running]:
    port = free_port()
    code = "from openkassa.events.main import run; run()"
    with running(code, port, {"KASSA_EVENTS_PORT": str(port)}) as process:
        yield process


@pytest.fixture
def organisation() -> Organisation:
    return Organisation.objects.create(name="ООО «Ромашка»", inn="7700000000")


class Page:
    """A page that listens: a thread that reads the stream and queues what it is told."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.told: queue.Queue[dict] = queue.Queue()
        self.response: queue.Queue[httpx.Response] = queue.Queue()
        self._client = httpx.Client(timeout=httpx.Timeout(5, read=60), trust_env=False)
        threading.Thread(target=self._read, args=(url, headers), daemon=True).start()
        self.answer = self.response.get(timeout=5)

    def _read(self, url: str, headers: dict[str, str]) -> None:
        with (
            contextlib.suppress(httpx.HTTPError, RuntimeError),
            self._client.stream("GET", url, headers=headers) as answer,
        ):
            self.response.put(answer)
            event: dict = {}
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if line and name in ("id", "event", "data"):
                    event[name] = json.loads(value) if name == "data" else value
                elif not line and event:
                    self.told.put(event)
                    event = {}
        self.told.put({"event": "end"})

    def next(self, timeout: float = SOON) -> dict:
        return self.told.get(timeout=timeout)

    def is_quiet(self) -> bool:
        time.sleep(QUIET)
        return self.told.empty()

    def close(self) -> None:
        """Hangs up; closing the file alone would not end the other thread's reading."""
        connection = self.answer.extensions["network_stream"].get_extra_info("socket")
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        self._client.close()


@pytest.fixture
def listen(server) -> Iterator[Callable[..., Page]]:
    pages: list[Page] = []

    def opened(path: str, ticket: str, **headers: str) -> Page:
        page = Page(
            f"{server.url}{path}?ticket={ticket}", {name.replace("_", "-"): value for name, value in headers.items()}
        )
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.close()


def happen(
    organisation: Organisation, receipt_id: uuid.UUID, state: str, event_id: uuid.UUID | None = None
) -> uuid.UUID:
    event = ReceiptEvent.objects.create(
        id=event_id or uuid7(), organisation_id=organisation.id, receipt_id=receipt_id, state=state, at=now()
    )
    ring("events")
    return event.id


def of_receipt(organisation: Organisation, receipt_id: uuid.UUID) -> tuple[str, str]:
    return f"/events/receipts/{receipt_id}", make_ticket(organisation.id, [f"receipt:{receipt_id}"], now())


def of_organisation(organisation: Organisation) -> tuple[str, str]:
    return "/events", make_ticket(organisation.id, ["organisation"], now())


def test_a_receipts_page_is_told_its_steps_and_no_others(listen, organisation):
    mine, other = uuid7(), uuid7()
    page = listen(*of_receipt(organisation, mine))
    assert page.answer.headers["content-type"].startswith("text/event-stream")
    happen(organisation, other, "accepted")
    event_id = happen(organisation, mine, "fiscalised")
    told = page.next()
    assert (told["event"], told["id"]) == ("receipt", str(event_id))
    assert told["data"]["receipt"] == str(mine)
    assert told["data"]["state"] == "fiscalised"
    assert page.is_quiet()


def test_steps_from_before_the_page_listened_are_told_too(listen, organisation):
    mine = uuid7()
    for state in ("accepted", "assigned"):
        happen(organisation, mine, state)
    page = listen(*of_receipt(organisation, mine))
    assert [page.next()["data"]["state"] for _ in range(2)] == ["accepted", "assigned"]


def test_an_organisations_page_is_told_of_its_receipts_and_of_nobody_elses(listen, organisation):
    stranger = Organisation.objects.create(name="Чужая", inn="7700000001")
    page, strange_page = listen(*of_organisation(organisation)), listen(*of_organisation(stranger))
    receipt_id = uuid7()
    happen(organisation, receipt_id, "accepted")
    assert page.next()["data"]["receipt"] == str(receipt_id)
    assert strange_page.is_quiet()


def test_another_organisations_receipt_is_silent_under_our_ticket(listen, organisation):
    stranger = Organisation.objects.create(name="Чужая", inn="7700000001")
    receipt_id = uuid7()
    happen(organisation, receipt_id, "accepted")
    page = listen(f"/events/receipts/{receipt_id}", of_organisation(stranger)[1])
    happen(organisation, receipt_id, "assigned")
    assert page.is_quiet()


def test_a_page_that_comes_again_is_told_what_it_missed(listen, organisation):
    path, ticket = of_organisation(organisation)
    page = listen(path, ticket)
    receipt_id = uuid7()
    happen(organisation, receipt_id, "accepted")
    last = page.next()["id"]
    page.close()
    happen(organisation, receipt_id, "fiscalised")
    again = listen(path, ticket, Last_Event_ID=last)
    assert "fiscalised" in [again.next()["data"]["state"], again.next()["data"]["state"]]


def test_an_event_that_commits_late_below_a_seen_one_is_still_told(listen, organisation):
    """Ids are made before the commit: a cursor that only moves up would lose this event."""
    page = listen(*of_organisation(organisation))
    early, receipt_id = uuid7(), uuid7()
    happen(organisation, receipt_id, "assigned")
    assert page.next()["data"]["state"] == "assigned"
    happen(organisation, receipt_id, "accepted", event_id=early)
    assert page.next()["data"]["state"] == "accepted"
    assert page.is_quiet()


def test_without_a_ring_the_poll_finds_it(listen, organisation):
    page = listen(*of_organisation(organisation))
    ReceiptEvent.objects.create(organisation_id=organisation.id, receipt_id=uuid7(), state="accepted", at=now())
    started = time.monotonic()
    page.next()
    assert time.monotonic() - started < 1.0


def test_a_flood_becomes_one_word_to_read_anew(listen, organisation):
    page = listen(*of_organisation(organisation))
    receipt_id = uuid7()
    ReceiptEvent.objects.bulk_create(
        [
            ReceiptEvent(organisation_id=organisation.id, receipt_id=receipt_id, state="accepted", at=now())
            for _ in range(300)
        ]
    )
    ring("events")
    assert page.next()["event"] == "many"
    assert page.is_quiet()


def test_a_wrong_or_old_ticket_opens_nothing(server, organisation, travel):
    path, ticket = of_receipt(organisation, uuid7())
    other = uuid7()
    for url in (
        path,
        f"{path}?ticket=x",
        f"{path}?ticket={ticket}x",
        f"/events?ticket={ticket}",
        f"/events/receipts/{other}?ticket={ticket}",
    ):
        assert httpx.get(server.url + url, trust_env=False).status_code == 401, url
    travel(LIFETIME.total_seconds())
    time.sleep(0.05)
    assert httpx.get(f"{server.url}{path}?ticket={ticket}", trust_env=False).status_code == 401


def test_only_our_own_pages_may_listen(listen, server, organisation):
    path, ticket = of_organisation(organisation)
    page = listen(path, ticket, Origin=settings().public_url)
    assert page.answer.headers["access-control-allow-origin"] == settings().public_url
    foreign = httpx.get(
        f"{server.url}{path}?ticket={ticket}", headers={"Origin": "https://evil.example"}, trust_env=False
    )
    assert foreign.status_code == 403


def test_one_organisation_can_not_take_all_the_streams(server, organisation, listen):
    path, ticket = of_organisation(organisation)
    with contextlib.ExitStack() as opened:
        client = opened.enter_context(
            httpx.Client(trust_env=False, timeout=20, limits=httpx.Limits(max_connections=None))
        )
        for _ in range(PER_ORGANISATION):
            opened.enter_context(client.stream("GET", f"{server.url}{path}?ticket={ticket}"))
        refused = client.get(f"{server.url}{path}?ticket={ticket}")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        other = Organisation.objects.create(name="Другая", inn="7700000001")
        assert listen(*of_organisation(other)).answer.status_code == 200
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:  # places of pages that are gone become free
        if listen(path, ticket).answer.status_code == 200:
            return
        time.sleep(0.1)
    pytest.fail("closed streams kept their places")


def test_streams_live_through_a_cut_database_connection(listen, organisation, superuser_url):
    page = listen(*of_organisation(organisation))
    happen(organisation, uuid7(), "accepted")
    page.next()
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        cut = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'kassa-events' AND datname = current_database()"
        )
        assert cut.rowcount == 1
    time.sleep(QUIET)
    happen(organisation, uuid7(), "refused")
    assert page.next(5)["data"]["state"] == "refused"


def test_nothing_is_asked_of_the_database_while_nobody_listens(server, superuser_url):
    time.sleep(QUIET)
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        asked = (
            "SELECT max(query_start) FROM pg_stat_activity"
            " WHERE application_name = 'kassa-events' AND datname = current_database()"
        )
        first = connection.execute(asked).fetchone()
        ring("events")
        time.sleep(QUIET)
        assert connection.execute(asked).fetchone() == first


def test_the_process_ends_soon_with_streams_open(django_db_setup, organisation):
    port = free_port()
    code = "from openkassa.events.main import run; run()"
    with running(code, port, {"KASSA_EVENTS_PORT": str(port)}) as process:
        path, ticket = of_organisation(organisation)
        page = Page(f"{process.url}{path}?ticket={ticket}", {})
        started = time.monotonic()
        process.process.terminate()
        process.process.wait(30)
        assert time.monotonic() - started < 12  # and not the time after which it would be killed
        assert page.next()["event"] == "end"


def test_health_and_metrics(server):
    assert httpx.get(f"{server.url}/health/ready", trust_env=False).json()["status"] == "ready"
    assert "kassa_event_streams" in httpx.get(f"{server.url}/metrics", trust_env=False).text


def test_ids_of_a_moment_are_below_those_made_in_it():
    event_id = uuid7()
    moment = (event_id.int >> 80) / 1000
    assert id_at(moment) <= event_id < id_at(moment + 0.002)
    assert before(event_id) < event_id


def test_without_a_database_it_is_not_ready() -> None:
    port = free_port()
    serve = f"serve_asgi('openkassa.events.main:application', bind='127.0.0.1', port={port}, process_name='events')"
    code = f"from openkassa.events.main import serve_asgi; {serve}"
    nowhere = "postgresql://kassa_app@127.0.0.1:1/nowhere"
    with running(code, port, {"KASSA_EVENTS_PORT": str(port), "KASSA_DATABASE_URL": nowhere}):
        answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False)
    assert answer.status_code == 503
    assert not answer.json()["checks"]["database"]["ok"]
