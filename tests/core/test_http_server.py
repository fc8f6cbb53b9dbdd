"""The web server's processes: what slow, large and broken requests may do, and how the processes end."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest
from tests.sandbox.running import Running, free_port, running

THREADS = 2  # in each of two workers


@contextlib.contextmanager
def serving(home: Path, bodies_first: bool = True) -> Iterator[Running]:
    port = free_port()
    code = (
        "from openkassa.core.http_server import serve_wsgi;"
        f"serve_wsgi('tests.core.http_app:application', bind='127.0.0.1', port={port}, threads={THREADS},"
        f" process_name='web', bodies_first={bodies_first})"
    )
    environment = {"KASSA_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    with running(code, port, environment) as process:
        yield process


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(home) -> Iterator[Running]:
    with serving(home) as process:
        yield process


@pytest.fixture
def http(server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=10, trust_env=False) as client:
        yield client


def half_sent(server: Running) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])))
    connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nab")
    connection.settimeout(5)
    return connection


def test_the_application_sees_the_request_as_wsgi_says(http):
    path = "/%D1%87%D0%B5%D0%BA?a=%D1%8F&b=1"
    headers = [("X-One", "1"), ("X-One", "2"), ("Cookie", "a=1; b=2"), ("Content-Type", "text/x"), ("X_Forged", "1")]
    seen = http.post(path, content=b"\x00body", headers=headers).json()
    assert seen["REQUEST_METHOD"] == "POST"
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/чек"
    assert seen["QUERY_STRING"] == "a=%D1%8F&b=1"
    assert (seen["CONTENT_LENGTH"], seen["CONTENT_TYPE"], seen["body"]) == ("5", "text/x", "\x00body")
    assert (seen["HTTP_X_ONE"], seen["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")
    assert (seen["REMOTE_ADDR"], seen["SERVER_PROTOCOL"], seen["wsgi.url_scheme"]) == ("127.0.0.1", "HTTP/1.1", "http")
    assert "HTTP_X_FORGED" not in seen
    assert "KASSA_HOME" not in seen, "the process's environment is not part of a request"


def test_a_chunked_body_is_read_whole(http):
    seen = http.post("/", content=iter([b"one", b"two"])).json()
    assert (seen["body"], seen["CONTENT_LENGTH"]) == ("onetwo", "6")


def test_the_answer_keeps_repeated_headers(http):
    assert http.get("/").headers.get_list("x-two") == ["1", "2"]


def test_a_streamed_answer_comes_whole_and_is_closed(http, home):
    assert http.get("/streamed").text == "0,1,2,3,4,"
    deadline = time.monotonic() + 3
    while not (home / "closed").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_fault_of_the_application_tells_the_client_nothing(http, server):
    answer = http.get("/fault")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert http.get("/").status_code == 200
    assert "request_failed" in server.log.read_text()


def test_half_sent_requests_hold_no_threads_and_are_ended(http, server):
    slow = [half_sent(server) for _ in range(4 * THREADS)]
    started = time.monotonic()
    assert http.get("/").status_code == 200
    assert time.monotonic() - started < 0.9
    assert all(connection.recv(100).startswith(b"HTTP/1.1 408") for connection in slow)
    for connection in slow:
        connection.close()


def test_control_under_plain_wsgi_half_sent_requests_stop_the_server(tmp_path):
    with serving(tmp_path, bodies_first=False) as plain:
        assert httpx.get(f"{plain.url}/", trust_env=False).status_code == 200
        slow = [half_sent(plain) for _ in range(8 * THREADS)]
        time.sleep(0.3)
        with pytest.raises(httpx.TimeoutException):
            httpx.get(f"{plain.url}/", timeout=1.5, trust_env=False)
        for connection in slow:
            connection.close()


def test_bodies_over_the_limit_are_refused(http):
    assert http.post("/", content=b"x" * 100_000).status_code == 200
    for content in (b"x" * 100_001, iter([b"x" * 60_000, b"x" * 60_000])):
        assert http.post("/", content=content).status_code == 413


def test_who_sends_too_much_reads_the_answer_up_to_a_limit(http):
    """A connection that is cut while the body is sent would say nothing of why."""
    for _ in range(20):
        assert http.post("/", content=b"x" * 8_000_000).status_code == 413
    with contextlib.suppress(httpx.WriteError, httpx.ReadError):  # the server hangs up
        assert http.post("/", content=b"x" * 64_000_000).status_code == 413


def test_a_refusal_has_the_form_that_the_application_gives_it(http):
    answer = http.post("/formed", content=b"x" * 100_001)
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (413, "text/formed", "413 at /formed")
    assert http.post("/", content=b"x" * 100_001).headers["content-type"] == "application/problem+json"


def test_requests_beyond_the_queue_are_told_to_come_again(server):
    """Two threads a worker and a queue of four: of sixty that come at once some get no place."""

    def call(_: int) -> tuple[int, str | None]:
        answer = httpx.get(f"{server.url}/slow", timeout=30, trust_env=False)
        return answer.status_code, answer.headers.get("retry-after")

    with ThreadPoolExecutor(60) as pool:
        answers = set(pool.map(call, range(60)))
    assert answers == {(200, None), (503, "1")}


def test_headers_over_the_limit_are_refused(http):
    assert http.get("/", headers={"X-Long": "a" * 200_000}).status_code == 431


def test_metrics_are_those_of_all_workers(http):
    def counted() -> float:
        found = re.search(r'kassa_http_request_seconds_count\{status="2xx"\} ([\d.]+)', http.get("/metrics").text)
        return float(found.group(1)) if found else 0.0

    before = counted()
    for _ in range(20):
        http.get("/", headers={"Connection": "close"})  # a new connection may meet the other worker
    assert counted() == before + 21


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_worker_that_dies_is_replaced(server, http):
    first = int(http.get("/").json()["pid"])
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 15
    parent = psutil.Process(server.process.pid)
    while True:
        pids = {child.pid for child in parent.children() if _lives(child)}
        if len(pids) == 2 and first not in pids:
            break
        assert time.monotonic() < deadline
        time.sleep(0.1)
    with contextlib.suppress(httpx.TransportError):  # the connection to the dead one
        http.get("/")
    assert http.get("/").status_code == 200


def test_a_request_in_hand_is_finished_when_the_server_is_told_to_stop(tmp_path):
    with serving(tmp_path) as process:
        answers: list[int] = []
        caller = threading.Thread(
            target=lambda: answers.append(httpx.get(f"{process.url}/slow", timeout=10, trust_env=False).status_code)
        )
        caller.start()
        time.sleep(0.5)
        process.process.terminate()
        caller.join()
        assert answers == [200]
        assert process.process.wait(10) == 0


def test_workers_end_with_their_parent_however_it_ends(tmp_path):
    with serving(tmp_path) as process:
        workers = psutil.Process(process.process.pid).children()
        assert len(workers) == 2
        process.kill()
        _, alive = psutil.wait_procs(workers, timeout=5)
        assert alive == []
