"""The sandbox's marking service for tests of our side; see marking_service.py."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.sandbox.running import Running, running_sandbox

if TYPE_CHECKING:
    from tests.support.marking_service import Service


@pytest.fixture(scope="module")
def marking_sandbox(tmp_path_factory) -> Iterator[Running]:
    with running_sandbox(tmp_path_factory.mktemp("home")) as process:
        yield process


@pytest.fixture
def marking(marking_sandbox, monkeypatch) -> Iterator[Service]:
    from tests.support.marking_service import Service

    from openkassa.core.settings import settings
    from openkassa.kassa.marking import service

    found = Service(marking_sandbox, f"key-{uuid.uuid4()}")
    changed = dataclasses.replace(settings(), marking_url=found.address)
    monkeypatch.setattr(service, "settings", lambda: changed)
    yield found
    found.clear()
