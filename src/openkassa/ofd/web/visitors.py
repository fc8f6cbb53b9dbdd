"""Who asks: the visitor's address behind trusted proxies, and how often an address may search or guess.

The counters are in the memory of each process: they stop floods. They also keep guessing hopeless: at this pace the
2³² fiscal signs of one document take a century.
"""

from __future__ import annotations

import ipaddress

from django.http import HttpRequest
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from openkassa.core.settings import settings

SEARCHES = RateLimitItemPerMinute(60)
MISSES = RateLimitItemPerMinute(60)
RETRY_AFTER_SECONDS = 60

_limiter = FixedWindowRateLimiter(MemoryStorage())


def address_of(request: HttpRequest) -> str:
    """Address of the visitor: the last one of X-Forwarded-For that isn't a trusted proxy's, else the connection's."""
    direct = request.META.get("REMOTE_ADDR", "")
    trusted = settings().trusted_proxies
    chain = [direct, *reversed([part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")])]
    for text in chain:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return direct
        if not any(address in network for network in trusted if network.version == address.version):
            return str(address)
    return direct


def may_search(request: HttpRequest) -> bool:
    return _limiter.hit(SEARCHES, "search", address_of(request))


def may_look(request: HttpRequest) -> bool:
    """False for an address that has asked for too many documents that it could not name."""
    return _limiter.test(MISSES, "miss", address_of(request))


def missed(request: HttpRequest) -> None:
    _limiter.hit(MISSES, "miss", address_of(request))
