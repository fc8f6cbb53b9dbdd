"""How often an address may search or guess.

The counters are in the memory of each process: they stop floods. They also keep guessing hopeless: at this pace the
2³² fiscal signs of one document take a century.
"""

from __future__ import annotations

from django.http import HttpRequest
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from openkassa.core.sign_in import client_address

SEARCHES = RateLimitItemPerMinute(60)
MISSES = RateLimitItemPerMinute(60)
RETRY_AFTER_SECONDS = 60

_limiter = FixedWindowRateLimiter(MemoryStorage())


def may_search(request: HttpRequest) -> bool:
    return _limiter.hit(SEARCHES, "search", client_address(request))


def may_look(request: HttpRequest) -> bool:
    """False for an address that has asked for too many documents that it could not name."""
    return _limiter.test(MISSES, "miss", client_address(request))


def missed(request: HttpRequest) -> None:
    _limiter.hit(MISSES, "miss", client_address(request))
