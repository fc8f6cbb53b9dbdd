"""Fixtures of the pages. Imports that need Django's settings are inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.kassa.conftest import confirmed_world, operator, operator_database, world  # noqa: F401

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.shop import Shop


@pytest.fixture(scope="session", autouse=True)
def compiled_catalogues() -> None:
    """Translations as set-up compiles them; nothing is done when they are there already."""
    from openkassa.ui.messages import compile_catalogues

    compile_catalogues()


@pytest.fixture(autouse=True)
def plain_static_files(settings) -> None:
    """Pages name static files as they are called in the source: nothing has been collected."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def pages_alone(settings) -> None:
    """Addresses of the pages without those of the wire faces, which have tests of their own."""
    settings.ROOT_URLCONF = "openkassa.web.urls"


@pytest.fixture
def shop(db: None) -> Shop:
    """An organisation with an owner, and nothing else."""
    from tests.web.shop import make_shop

    return make_shop("ООО «Пример»", "owner@example.com")


@pytest.fixture
def owner(client: Client, shop: Shop) -> Client:
    """A browser in which the owner of `shop` has signed in."""
    client.force_login(shop.owner)
    return client
