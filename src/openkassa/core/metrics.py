"""How long it takes to accept a sale, and what becomes of those that ask: counted by the faces of the web processes."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from prometheus_client import Counter, Histogram

BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.1, 0.2, 0.5, 1.0)
ACCEPTED, REFUSED, FAILED = "accepted", "refused", "failed"

P = ParamSpec("P")
R = TypeVar("R")

_seconds = Histogram(
    "kassa_accept_seconds",
    "Time to read, check and store a sale, without what the network takes.",
    ["face"],
    buckets=BUCKETS,
)
_outcomes = Counter(
    "kassa_accept",
    "Requests to accept a sale: accepted (repeats that are answered with the first too), refused for what is in them, "
    "failed for a fault of ours.",
    ["face", "outcome"],
)


def accept_observed(face: str, *refusals: type[Exception]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Times a view that accepts sales. `refusals` are what it raises for wrong requests; others are our faults.

    `face` is one of a few words, since each is a label.
    """
    seconds = _seconds.labels(face)
    counts = {outcome: _outcomes.labels(face, outcome) for outcome in (ACCEPTED, REFUSED, FAILED)}

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def observed(*args: P.args, **kwargs: P.kwargs) -> R:
            started = time.perf_counter()
            outcome = FAILED
            try:
                answer = view(*args, **kwargs)
                outcome = ACCEPTED
            except refusals:
                outcome = REFUSED
                raise
            else:
                return answer
            finally:
                seconds.observe(time.perf_counter() - started)
                counts[outcome].inc()

        return observed

    return decorate
