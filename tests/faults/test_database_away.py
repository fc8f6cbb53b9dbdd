"""A worker whose database goes away says so, and works again by itself when it is back."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from django.db import connection
from psycopg import sql
from tests.support.common_check import common_check
from tests.support.world import Process, wait_for

from openkassa.core.settings import settings

OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)
"""


@pytest.fixture
def database_away(superuser):
    """Turns the worker's database off and on; the connection of the test itself stays."""
    name = sql.Identifier(superuser.info.dbname)

    def away(gone: bool) -> None:
        connection.ensure_connection()
        superuser.execute(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(name, sql.Literal(0 if gone else -1)))
        if gone:
            superuser.execute(OTHERS, [connection.connection.info.backend_pid])

    yield away
    away(False)


def test_a_worker_without_its_database_is_not_ready_and_comes_back(world, database_away):
    world.add_register()
    worker = Process("worker")
    worker.start()
    try:
        wait_for(lambda: _ready() == {"database": True, "loop": True})
        database_away(True)
        wait_for(lambda: _ready() == {"database": False, "loop": True})
        sold = world.sell()
        assert worker.running is not None and worker.running.poll() is None
        database_away(False)
        wait_for(lambda: _ready() == {"database": True, "loop": True})
        wait_for(lambda: world.state(sold).state == "fiscalised")
    finally:
        worker.stop()
    common_check(world)


def _ready() -> dict[str, bool] | None:
    """What the worker says of each thing that it depends on; None while it doesn't answer."""
    address = f"http://127.0.0.1:{settings().free_port('worker_http')}/health/ready"
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            body = answer.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    except OSError:
        return None
    return {name: check["ok"] for name, check in json.loads(body)["checks"].items()}
