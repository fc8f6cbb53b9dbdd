"""Worlds for the tests of commands (see tests/support/kassa_worlds.py), and commands as processes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import traceback
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
    """`kassa WORDS` on the home and databases of this test: a child of this process, which starts in no time.

    With variables by keyword it is a process of its own, since settings are read once.
    """

    def run(*words: str, **variables: str) -> subprocess.CompletedProcess:
        return _own_process(words, variables) if variables else _child(words)

    return run


def _own_process(words: tuple[str, ...], variables: dict[str, str]) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-m", "openkassa.cli.main", *words]
    return subprocess.run(command, env=environment | variables, capture_output=True, text=True, timeout=60)


def _child(words: tuple[str, ...]) -> subprocess.CompletedProcess:
    from django.utils import translation
    from tests.support.children import Child

    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:

        def work() -> None:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115  ends with the process
            sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
            sys.argv = ["kassa", *words]
            translation.deactivate()  # a command begins in the language of the settings
            code = _exit_code()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

        code = Child(work).wait()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(words, code, out.read(), err.read())


def _exit_code() -> int:
    from openkassa.cli.main import main

    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except Exception:
        traceback.print_exc()
        return 1
    return 0
