"""The marking service's check of codes before a sale (разрешительный режим), asked within the law's 1.5 seconds.

All questions of one receipt, over all hosts, have `BUDGET_SECONDS` together. A host that fails (no answer, 429, 5xx, an
answer that can't be read) is left alone for 15 minutes and the next is asked; what a host refuses by another 4xx is not
asked again. Fewer threads than a web process has may wait here at once: the others go on selling.
"""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import structlog

from openkassa.core import outgoing
from openkassa.core.http_server import THREADS
from openkassa.core.outgoing import OutgoingClient
from openkassa.core.settings import settings
from openkassa.kassa.marking.hosts import Hosts, decoded
from openkassa.kassa.marking.rules import Answered

BUDGET_SECONDS: Final = 1.5
LEAST_SECONDS: Final = 0.05  # with less left no host is asked
CODES_AT_ONCE: Final = 50  # the service takes 100; answers to 50 fit into what we read of one
AT_ONCE: Final = max(1, THREADS - 2)  # checks of one web process
CODES_PATH: Final = "/api/v4/true-api/codes/check"
KEYS_KEPT: Final = 1000
_REQUEST = re.compile(r"[A-Za-z0-9-]{1,64}")

_slots = threading.BoundedSemaphore(AT_ONCE)

log = structlog.get_logger(__name__)


class _Answer(msgspec.Struct, rename="camel"):
    code: int = 0
    codes: list[Answered] = []
    req_id: str = ""
    req_timestamp: int = 0


_answer = msgspec.json.Decoder(_Answer, strict=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the service said of one code; `request` and `at` name the question (1265: UUID and Time)."""

    answered: Answered
    request: str
    at: int


@dataclass(frozen=True, slots=True)
class Checked:
    """`verdicts` by code; codes that nobody answered about are not in it, and `problem` says why (stable)."""

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    problem: str = ""  # "", "busy", "no_answer", "refused", "no_hosts"


def codes_check(key: str, codes: Sequence[str], *, fn: str = "") -> Checked:
    """Asks about codes (separators as GS) under an API key. Never raises for the service."""
    deadline = time.monotonic() + BUDGET_SECONDS
    if not _slots.acquire(timeout=BUDGET_SECONDS):
        return Checked(problem="busy")
    try:
        return _Question(key, fn, deadline).ask(list(dict.fromkeys(codes)))
    finally:
        _slots.release()


class _Question:
    def __init__(self, key: str, fn: str, deadline: float) -> None:
        self._headers = {"X-API-KEY": key}
        self._hosts = hosts_of(settings().marking_url, key)
        self._fn = fn
        self._deadline = deadline

    def ask(self, codes: list[str]) -> Checked:
        if (left := self._left()) < LEAST_SECONDS:
            return Checked(problem="busy")
        hosts = self._hosts.usable(left)
        if not hosts:
            return Checked(problem="no_hosts")
        verdicts: dict[str, Verdict] = {}
        problem = ""
        for start in range(0, len(codes), CODES_AT_ONCE):
            part = codes[start : start + CODES_AT_ONCE]
            found, problem = self._part(part, hosts)
            verdicts |= found
            if problem:
                break
        return Checked(verdicts, problem)

    def _part(self, codes: list[str], hosts: list[str]) -> tuple[dict[str, Verdict], str]:
        """(verdicts, problem) of one request; hosts that fail are taken from `hosts`."""
        body = {"codes": codes} | ({"fiscalDriveNumber": self._fn} if self._fn else {})
        sent = msgspec.json.encode(body)
        while hosts and (left := self._left()) >= LEAST_SECONDS:
            host = hosts[0]
            outcome = client_of(host).post_json(host + CODES_PATH, sent, headers=self._headers, timeout=left)
            answer = decoded(outcome, _answer)
            if answer is not None and answer.code == 0 and answer.codes:
                return _verdicts(codes, answer), ""
            status = outcome.status or 0
            if 400 <= status < 500 and status != 429:
                log.error("marking_check_refused", host=host, status=status, answer=outcome.body_start[:200])
                return {}, "refused"
            self._hosts.exclude(host)
            hosts.pop(0)
        return {}, "no_answer"

    def _left(self) -> float:
        return self._deadline - time.monotonic()


def _verdicts(codes: list[str], answer: _Answer) -> dict[str, Verdict]:
    """By code. The service repeats each code as `cis`; one that it leaves out stays without verdict."""
    by_code = {one.cis: one for one in answer.codes if one.cis}
    request = answer.req_id if _REQUEST.fullmatch(answer.req_id) else ""  # it goes into the receipt
    return {code: Verdict(by_code[code], request, answer.req_timestamp) for code in codes if code in by_code}


@functools.lru_cache(maxsize=KEYS_KEPT)
def hosts_of(address: str, key: str) -> Hosts:
    return Hosts(address, key, client_of)


def client_of(address: str) -> OutgoingClient:
    """Hosts that the service names may be on a private network only where the service itself is one without TLS, as
    the sandbox is."""
    own = address == settings().marking_url or settings().marking_url.startswith("http://")
    return outgoing.configured() if own else outgoing.strangers()
