"""Hosts of the marking service: which are asked, in which order, and which are left alone for a while.

The list comes from the service and is asked for again at the latest after six hours; the quickest by the service's own
word (avgTimeMs) stands first. A host that failed is not asked for 15 minutes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec
import structlog

from openkassa.core.outgoing import Outcome, OutgoingClient

KEPT_SECONDS: Final = 6 * 3600.0  # the law's limit for the list
REFRESH_SECONDS: Final = 3600.0  # ours: asked for in the background after this
RETRY_SECONDS: Final = 30.0  # pause before the list is asked for again in vain
EXCLUDED_SECONDS: Final = 15 * 60.0
MAX_HOSTS: Final = 20
INFO_PATH: Final = "/api/v4/true-api/cdn/info"
HEALTH_PATH: Final = "/api/v4/true-api/cdn/health/check"
HEALTH_TIMEOUT: Final = 2.0

Shape = TypeVar("Shape")

log = structlog.get_logger(__name__)


class _Host(msgspec.Struct):
    host: str


class _Info(msgspec.Struct):
    code: int = 0
    hosts: list[_Host] = []


class _Health(msgspec.Struct, rename="camel"):
    code: int = 0
    avg_time_ms: float = 0


_info = msgspec.json.Decoder(_Info, strict=False)
_health = msgspec.json.Decoder(_Health, strict=False)


class Hosts:
    """Hosts as one key of the service sees them, shared by the threads of a process.

    `client_of` gives the client for an address. Each key has its own list and its own exclusions, so that a wrong key
    of one shop takes nothing from another.
    """

    def __init__(
        self,
        address: str,
        key: str,
        client_of: Callable[[str], OutgoingClient],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._headers = {"X-API-KEY": key}
        self._client_of = client_of
        self._clock = clock
        self._lock = threading.Lock()
        self._order: list[str] = []
        self._asked_at = float("-inf")  # when the list came
        self._failed_at = float("-inf")  # when it last did not come
        self._excluded: dict[str, float] = {}  # host → until when
        self._refreshing = threading.Lock()

    def usable(self, timeout: float) -> list[str]:
        """Hosts to ask now, best first. Asks for the list within `timeout` when there is none that may be used."""
        age = self._clock() - self._asked_at
        if age > KEPT_SECONDS:
            self._load(timeout)
        if age > REFRESH_SECONDS:
            self._refresh_aside()
        now = self._clock()
        with self._lock:
            return [host for host in self._order if self._excluded.get(host, 0.0) <= now]

    def exclude(self, host: str) -> None:
        """Leave a host that failed alone."""
        with self._lock:
            self._excluded[host] = self._clock() + EXCLUDED_SECONDS
        log.warning("marking_host_excluded", host=host)

    def refresh(self) -> None:
        """Ask for the list unless it came just now, then each host how quick it is."""
        if self._clock() - self._asked_at > RETRY_SECONDS and not self._load(HEALTH_TIMEOUT):
            return
        times = {host: self._quickness(host) for host in list(self._order)}
        with self._lock:
            self._order.sort(key=lambda host: (times.get(host) is None, times.get(host) or 0.0))

    def _load(self, timeout: float) -> bool:
        if self._clock() - self._failed_at < RETRY_SECONDS:
            return False
        client = self._client_of(self._address)
        outcome = client.request("GET", self._address + INFO_PATH, headers=self._headers, timeout=timeout)
        found = decoded(outcome, _info)
        hosts = [] if found is None else _addresses(found.hosts)
        with self._lock:
            if not hosts:
                self._failed_at = self._clock()
                if self._clock() - self._asked_at > KEPT_SECONDS:
                    self._order = []  # an older list may not be used
            else:
                known = {host: place for place, host in enumerate(self._order)}
                self._order = sorted(hosts, key=lambda host: known.get(host, len(known)))
                self._asked_at = self._clock()
        if not hosts:
            log.warning("marking_hosts_unknown", status=outcome.status, error=outcome.error)
        return bool(hosts)

    def _quickness(self, host: str) -> float | None:
        """Milliseconds by the host's own word; None when it does not answer."""
        outcome = self._client_of(host).request(
            "GET", host + HEALTH_PATH, headers=self._headers, timeout=HEALTH_TIMEOUT
        )
        health = decoded(outcome, _health)
        return health.avg_time_ms if health is not None and health.code == 0 else None

    def _refresh_aside(self) -> None:
        """`refresh` in a thread of its own, one at a time: a sale doesn't wait for it."""
        if not self._refreshing.acquire(blocking=False):
            return

        def work() -> None:
            try:
                self.refresh()
            finally:
                self._refreshing.release()

        threading.Thread(target=work, name="marking-hosts", daemon=True).start()


def decoded(outcome: Outcome, into: msgspec.json.Decoder[Shape]) -> Shape | None:
    """The JSON of a good answer, None for anything else."""
    if not outcome.ok:
        return None
    try:
        return into.decode(outcome.body_start)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _addresses(hosts: Sequence[_Host]) -> list[str]:
    named = (host.host.rstrip("/") for host in hosts[:MAX_HOSTS])
    return list(dict.fromkeys(host for host in named if host.startswith(("https://", "http://"))))
