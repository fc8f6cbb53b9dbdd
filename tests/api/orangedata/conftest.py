from __future__ import annotations

import pytest
from tests.api.orangedata import calls


@pytest.fixture
def client(db):
    return calls.make_client()


@pytest.fixture
def other_client(db):
    return calls.make_client("other", key="key-2", inn="7707083893")
