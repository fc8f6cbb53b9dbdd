"""Worlds for the tests of the main job; see tests/support/kassa_worlds.py and marking_fixtures.py."""

from tests.support.kassa_worlds import (  # noqa: F401
    check_all,
    confirmed_world,
    operator,
    operator_database,
    superuser,
    world,
)
from tests.support.marking_fixtures import marking, marking_sandbox  # noqa: F401
