from __future__ import annotations

import pytest
from tests.api.yookassa import calls


@pytest.fixture
def client(db):
    return calls.make_client()


@pytest.fixture
def other_client(db):
    return calls.make_client("other", shop_id="601157", inn="7707083893")
