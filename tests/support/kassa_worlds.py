"""Fixtures of the tests of the main job, taken over by the conftests of kassa, faults and races.

Imports that need Django's settings are inside the fixtures.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.support import cluster

if TYPE_CHECKING:
    from tests.support.world import Operator, World


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    """An organisation with a pool and no operator."""
    from tests.support.world import make_world

    made = make_world()
    yield made
    _end(made)


@pytest.fixture(scope="session")
def operator_database() -> str:
    """Address of the worker's operator database, as superuser."""
    from tests.conftest import ROOT_VARIABLE

    root, worker = Path(os.environ[ROOT_VARIABLE]), os.environ.get("PYTEST_XDIST_WORKER", "main")
    cluster.make_worker_database(root, "ofd", worker)
    return cluster.start_once(root).url("postgres", f"ofd_{worker}")


@pytest.fixture
def operator(operator_database: str) -> Iterator[Operator]:
    from tests.support.world import Operator

    running = Operator()
    running.start()
    yield running
    running.process.stop()


@pytest.fixture
def confirmed_world(transactional_db: None, operator: Operator) -> Iterator[World]:
    """An organisation whose documents go to a real operator."""
    from tests.support.world import make_world

    made = make_world(ofd_port=operator.port)
    yield made
    _end(made)


def _end(world: World) -> None:
    from tests.support.children import kill_children

    kill_children()
    world.close()


@pytest.fixture
def check_all(operator_database: str) -> Callable[[World], None]:
    """The common check: receipts, our documents, the devices' journals and the operator agree, nothing twice."""
    from tests.support.common_check import common_check

    def check(world: World) -> None:
        with psycopg.connect(operator_database) as connection:
            common_check(world, connection)

    return check


@pytest.fixture
def superuser(superuser_url: str) -> Iterator[psycopg.Connection]:
    """The worker's database as superuser, each statement a transaction: for what no role of ours may do."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        yield connection
