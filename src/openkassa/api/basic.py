"""HTTP Basic: login and password of a request."""

from __future__ import annotations

import base64
import binascii

from django.http import HttpRequest

LIMIT = 1024  # characters of the header; passwords of people are up to 256 characters


def basic_pair(request: HttpRequest) -> tuple[str, str] | None:
    """(login, password), None where the header is missing or is something else."""
    scheme, _, given = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "basic" or len(given) > LIMIT:
        return None
    try:
        login, colon, password = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (login, password) if colon and "\0" not in login + password else None
