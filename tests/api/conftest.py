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


@pytest.fixture
def travel(travel, monkeypatch):
    """As the project's `travel`; this process's clock reads the file too, however early it was imported."""
    import os
    import time
    from pathlib import Path

    from openkassa.core.clock import clock

    monkeypatch.setattr(clock, "_file", Path(os.environ["KASSA_CLOCK_FILE"]))

    def move(seconds: float) -> None:
        travel(seconds)
        time.sleep(0.03)

    yield move
    monkeypatch.setattr(clock, "_offset", 0.0)
