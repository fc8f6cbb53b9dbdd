"""Fixtures of the wire faces. Imports are late: this file is read before Django is set up."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def fresh_channel_cache():
    """A process's memory of channels must not outlive the rows of a test."""
    from openkassa.kassa.receipts.channels import forget_channels

    forget_channels()
    yield
    forget_channels()


@pytest.fixture
def shop(db):
    from tests.api.shops import make_shop

    return make_shop("shop")


@pytest.fixture
def other_shop(db):
    from tests.api.shops import make_shop

    return make_shop("other", inn="7707083893")
