from __future__ import annotations

import pytest
from tests.api.cloudkassir import calls


@pytest.fixture
def client(db):
    return calls.make_client()


@pytest.fixture
def other_client(db):
    return calls.make_client("other", public_id="pk_2", inn="7707083893")
