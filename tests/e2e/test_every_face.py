"""What must hold through every wire face of a running platform: the same sale many times at once, a key with another
body, bodies that are none. Two web processes take turns, as they do in life."""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import bench.requests
import psycopg
import pytest
from bench.load import Load
from bench.requests import FACES
from tests.api.bad_bodies import malformed
from tests.support.platform import Platform

from openkassa.core.databases import database_urls
from openkassa.core.settings import read_settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CALLERS = 64
MAX_BODY = 2 * 1024 * 1024
# The id of the receipt in an answer, first or repeated, where the face's answer has one.
IDS: dict[str, Callable[[Any], Any]] = {
    "atol": lambda body: body["uuid"],
    "atol_v5": lambda body: body["uuid"],
    "v1": lambda body: body.get("receipt_id") or body["id"],
    "yookassa": lambda body: body["id"],
    "komtet": lambda body: body["id"],
    "cloudkassir": lambda body: body["Model"]["Id"],
}
# HTTP statuses of a repeat with the same body, and with another one.
REPEATS = {
    "atol": (400, 400), "atol_v5": (400, 400), "v1": (200, 409), "modulkassa": (200, 200),
    "yookassa": (200, 200), "komtet": (200, 200), "cloudkassir": (200, 200), "orangedata": (409, 409),
}  # fmt: skip


@pytest.fixture(scope="module")
def access(platform: Platform) -> dict[str, Any]:
    """How each face of the demo business is opened, in the words of `bench.requests`."""
    info = platform.info
    login, secret, code = "login", "secret", "code"
    return {
        "base": info["http"],
        "inn": info["atol"]["inn"],
        "login": info["atol"]["login"],
        "password": info["atol"]["password"],
        "group": info["atol"]["group"],
        "v1": info["v1"]["key"],
        "modulkassa": associated(info["modulkassa"]),
        "digitalkassa": {
            login: info["digitalkassa"]["actor_id"],
            secret: info["digitalkassa"]["actor_token"],
            code: info["digitalkassa"]["c_group"],
        },
        "yookassa": {login: info["yookassa"]["shop_id"], secret: info["yookassa"]["secret"]},
        "komtet": {
            login: info["komtet"]["shop_id"],
            secret: info["komtet"]["secret"],
            code: info["komtet"]["queue_id"],
        },
        "cloudkassir": {login: info["cloudkassir"]["public_id"], secret: info["cloudkassir"]["secret"]},
        "orangedata": info["orangedata"] | {"private_key": Path(info["orangedata"]["key_file"]).read_text()},
    }


def associated(info: dict[str, str]) -> dict[str, str]:
    """The pair that МодульКасса gives a shop for its account's login."""
    request = urllib.request.Request(
        f"{info['base']}/v1/associate/{info['retail_point_id']}",
        method="POST",
        headers={"Authorization": bench.requests.basic(info["login"], info["password"])},
    )
    with urllib.request.urlopen(request, timeout=15) as answer:
        pair = json.load(answer)
    return {"login": pair["userName"], "secret": pair["password"]}


class Client:
    """Sends the bench's sale of one face, as bytes of its own making."""

    def __init__(self, face: str, access: dict[str, Any]) -> None:
        asked = FACES[face](access)
        if face == "cloudkassir":  # without it the key is what was sold
            asked["headers"]["X-Request-ID"] = bench.requests.EXTERNAL_ID
        made = json.dumps(asked)
        self.load = Load(argparse.Namespace(url=access["base"], request=made, seconds=0, limit=0, rate=0, callers=0))
        self.address = urlsplit(access["base"])
        self.right = self.load.body

    def with_body(self, body: bytes) -> Client:
        """Sends this body from now on, signed as the face asks."""
        head = self.load.head.decode()
        old = next(line for line in head.split("\r\n") if line.startswith("Content-Length:"))
        self.load.head = head.replace(old, f"Content-Length: {len(body)}").encode()
        self.load.body = body
        return self

    def send(self, key: str) -> tuple[int, Any]:
        """(status, body read from JSON)."""
        with socket.create_connection((self.address.hostname, self.address.port), timeout=60) as connection:
            connection.sendall(self.load.request(key.encode()))
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            return answer.status, json.loads(answer.read() or b"null")


def is_refused(face: str, status: int, body: Any) -> bool:
    """Whether an answer refuses in the face's form: CloudKassir says most of it with 200."""
    if face == "cloudkassir":
        return status in (200, 400, 413) and body["Success"] is False and bool(body["Message"])
    return 400 <= status < 500 and bool(body)


def is_repeat(face: str, status: int, same_body: bool) -> bool:
    """Whether the status is that of a repeat; digitalkassa's says how far the receipt has come."""
    if face == "digitalkassa":
        return status in (200, 201, 202)
    return status == REPEATS[face][not same_body]


@pytest.fixture(params=FACES)
def client(request: pytest.FixtureRequest, access: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(bench.requests, "PLACE", "https://romashka.example")
    made = Client(request.param, access)
    made.face = request.param  # type: ignore[attr-defined]
    return made


@pytest.fixture(scope="module")
def database(platform: Platform) -> Iterator[psycopg.Connection]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KASSA_RUN_ROOT", platform.environment["KASSA_RUN_ROOT"])
        urls = database_urls(read_settings(platform.environment), "kassa")
    with psycopg.connect(urls.app, autocommit=True) as connection:
        yield connection


def receipts(database: psycopg.Connection, key: str | None = None) -> int:
    where = "" if key is None else " WHERE external_id = %(key)s OR external_key LIKE %(like)s"
    query = f"SELECT count(*) FROM kassa_receipts_receipt{where}"
    row = database.execute(query, {"key": key, "like": f"%{key}%"}).fetchone()
    assert row is not None
    return row[0]


def new_key() -> str:
    return uuid.uuid4().hex


def test_the_same_sale_by_many_callers_at_once_is_one_receipt(client: Any, database: psycopg.Connection) -> None:
    key, answers, gate = new_key(), [], threading.Barrier(CALLERS)

    def caller() -> None:
        gate.wait()
        answers.append(client.send(key))

    callers = [threading.Thread(target=caller) for _ in range(CALLERS)]
    for one in callers:
        one.start()
    for one in callers:
        one.join()
    assert len(answers) == CALLERS
    assert receipts(database, key) == 1
    if client.face in IDS:
        assert len({IDS[client.face](body) for _, body in answers}) == 1
    first = [status for status, _ in answers if not is_repeat(client.face, status, same_body=True)]
    assert len(first) <= 1
    assert all(status in (200, 201, 202) for status in first)


def test_a_key_with_another_body_is_answered_in_the_faces_form(client: Any, database: psycopg.Connection) -> None:
    key = new_key()
    _, made = client.send(key)
    status, again = client.send(key)
    assert is_repeat(client.face, status, same_body=True)
    changed = client.right.replace("Хлеб ржаной".encode(), "Батон".encode())
    assert changed != client.right
    status, refused = client.with_body(changed).send(key)
    assert is_repeat(client.face, status, same_body=False)
    if client.face in IDS:
        assert {IDS[client.face](body) for body in (again, refused)} == {IDS[client.face](made)}
    assert receipts(database, key) == 1


def bad_bodies(right: bytes) -> dict[str, bytes]:
    body = json.loads(right)
    text = json.dumps(body)
    many = text[:-1] + ', "' + "x" * (MAX_BODY + 1) + '": 1}'
    return malformed(body) | {"huge": many.encode()}


def test_bodies_that_are_none_are_refused_in_the_faces_form(client: Any, database: psycopg.Connection) -> None:
    before = receipts(database)
    begun = time.monotonic()
    for name, body in bad_bodies(client.right).items():
        status, answer = client.with_body(body).send(new_key())
        assert is_refused(client.face, status, answer), f"{name}: {status} {answer}"
    assert time.monotonic() - begun < 60
    assert receipts(database) == before


def test_ten_thousand_lines_are_refused(client: Any, database: psycopg.Connection) -> None:
    before = receipts(database)
    body = _with_many_lines(json.loads(client.right))
    status, answer = client.with_body(json.dumps(body).encode()).send(new_key())
    assert is_refused(client.face, status, answer), answer
    assert receipts(database) == before


def _with_many_lines(value: Any) -> Any:
    """The body with its list of lines, the longest there is, repeated."""
    if isinstance(value, dict):
        return {key: _with_many_lines(inner) for key, inner in value.items()}
    return value * 2000 if isinstance(value, list) and len(value) == len(bench.requests.ITEMS) else value
