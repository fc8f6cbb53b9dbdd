from __future__ import annotations

import pytest


@pytest.fixture
def queue(shop):
    from tests.api.komtet.calls import make_queue

    return make_queue(shop)


@pytest.fixture
def other_queue(other_shop):
    from tests.api.komtet.calls import make_queue

    return make_queue(other_shop, "2002")
