"""Worlds for the tests of commands (see tests/support/kassa_worlds.py), and commands as processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from tests.support.kassa_worlds import (  # noqa: F401
    check_all,
    confirmed_world,
    operator,
    operator_database,
    superuser,
    world,
)

Kassa = Callable[..., subprocess.CompletedProcess]


@pytest.fixture
def kassa(run_cluster: object) -> Kassa:
    """`kassa WORDS` on the home and databases of this test; variables by keyword."""

    def run(*words: str, **variables: str) -> subprocess.CompletedProcess:
        environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        command = [sys.executable, "-m", "openkassa.cli.main", *words]
        return subprocess.run(command, env=environment | variables, capture_output=True, text=True, timeout=60)

    return run
