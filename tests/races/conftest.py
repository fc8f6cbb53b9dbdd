"""Worlds for the tests of races; see tests/support/kassa_worlds.py."""

from tests.support.kassa_worlds import (  # noqa: F401
    check_all,
    confirmed_world,
    operator,
    operator_database,
    superuser,
    world,
)
