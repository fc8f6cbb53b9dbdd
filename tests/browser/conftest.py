"""A real browser against a live server over a real database. Imports that need Django's settings are inside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.kassa.conftest import confirmed_world, operator, operator_database  # noqa: F401
from tests.web.conftest import compiled_catalogues, pages_alone, plain_static_files  # noqa: F401

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]


def pytest_configure() -> None:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright runs a loop in the thread of the tests


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Its loop runs in the thread of the tests, where others can start none: so it ends with the module."""
    from playwright.sync_api import sync_playwright

    if not Path(CHROMIUM).exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{CHROMIUM} is not installed")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *sandbox])
        yield started
        started.close()
