"""Addresses that a shop's developer has to know."""

from __future__ import annotations

from openkassa.core.settings import settings


def api_addresses() -> dict[str, str]:
    """`atol_url`, `v1_url` and `docs_url`, absolute, without a slash at the end."""
    base = settings().public_url
    return {"atol_url": f"{base}/possystem/v4", "v1_url": f"{base}/api/v1", "docs_url": f"{base}/api/v1/docs"}
