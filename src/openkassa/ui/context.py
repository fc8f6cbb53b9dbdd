"""What each page of either project can name: `site` and its languages."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from openkassa.core.settings import settings as platform_settings


def site(request: HttpRequest) -> dict:
    """`site`: name, public address, language of the page, the languages that it can be read in, whether it is a test.

    A project gives its own `navigation` (a list of `openkassa.ui.navigation.Item`), `product` and `home_url`
    in a context processor of its own.
    """
    language = get_language() or settings.LANGUAGE_CODE
    return {
        "site": {
            "name": "OpenKassa",
            "language": language,
            "languages": settings.LANGUAGES,
            "testing": platform_settings().testing,
        }
    }
