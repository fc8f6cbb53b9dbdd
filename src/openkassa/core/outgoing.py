"""The one client for HTTP requests to addresses that somebody else named: callbacks, gateways.

What it holds to: the host is resolved here, each of its addresses is judged (see `addresses`) and the connection
goes to a judged address, so a name that changes between check and use changes nothing; TLS and the Host header
keep the name. No redirects, no proxies from the environment, no compressed answers; connecting, each step and
the whole exchange are timed; at most `BODY_LIMIT` bytes of an answer are read. The mail ports are
refused, since a mail server can be made to take HTTP for commands.
"""

from __future__ import annotations

import functools
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpcore
import httpx

from openkassa import __version__
from openkassa.core.addresses import ForbiddenAddress, Resolver, allowed_addresses, system_resolver
from openkassa.core.settings import settings

BODY_LIMIT = 64 * 1024
CONNECT_SECONDS = 5.0
STEP_SECONDS = 10.0
TOTAL_SECONDS = 15.0
ADDRESSES_TRIED = 3
CONNECTIONS = 64
KEPT_CONNECTIONS = 16
KEPT_SECONDS = 15.0
URL_LIMIT = 2048
REFUSED_PORTS = frozenset({25, 465, 587})
WRITE_PIECE = 16 * 1024

__all__ = ["ForbiddenAddress", "Outcome", "OutgoingClient", "check_url", "configured", "post_json", "strangers"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request. `status` is None when no answer came; `error` is empty when a whole answer came.

    `code` is stable: "", forbidden_address, redirect, timeout, connect, tls, protocol, url. `milliseconds` is the
    whole time; `body_start` the first `BODY_LIMIT` bytes of the answer.
    """

    status: int | None
    milliseconds: int
    error: str = ""
    code: str = ""
    body_start: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether the other side took the request: an answer of the 200s."""
        return not self.code and self.status is not None and 200 <= self.status < 300


class OutgoingClient:
    """A pool of connections under one rule about addresses. Safe for threads; made after a fork, not before."""

    def __init__(
        self, *, private: bool = False, resolve: Resolver | None = None, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self._private = private
        self._resolve = resolve or system_resolver(CONNECT_SECONDS)
        self._backend = _JudgingBackend(self._resolve, private)
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context or ssl.create_default_context(),
            max_connections=CONNECTIONS,
            max_keepalive_connections=KEPT_CONNECTIONS,
            keepalive_expiry=KEPT_SECONDS,
            network_backend=self._backend,
        )

    def check_url(self, url: str, *, resolve: bool = True) -> None:
        """Raises `ForbiddenAddress` for an address that requests would be refused to go to.

        A name that doesn't resolve now passes: it may later, and is judged again then. With `resolve=False`
        nothing is asked of the network and only the address's form is judged.
        """
        parsed = _parse(url)
        if resolve:
            try:
                allowed_addresses(_ascii_host(parsed), _port(parsed), self._resolve, private=self._private)
            except OSError:
                return

    def post_json(
        self, url: str, body: bytes, *, headers: Mapping[str, str] | None = None, timeout: float = TOTAL_SECONDS
    ) -> Outcome:
        """See `request`; POST of a JSON body."""
        return self.request("POST", url, body, headers=headers, timeout=timeout)

    def request(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = TOTAL_SECONDS,
    ) -> Outcome:
        """One exchange of at most `timeout` seconds; the body is JSON unless `headers` say otherwise. Raises nothing
        for what the other side or the network does."""
        started = time.monotonic()
        status, received = None, bytearray()
        error = code = ""
        try:
            parsed = _parse(url)
            with self._backend.limit(started + timeout):
                status = self._exchange(method, parsed, body, headers or {}, timeout, received)
            if 300 <= status < 400:
                code, error = (
                    "redirect",
                    f"answered {status}, a redirect; redirects are not followed: give the final address",
                )
        except _Answered as answered:
            status = answered.status
            code, error = _named(answered.error, timeout)
        except (ForbiddenAddress, OSError, *_HTTP_ERRORS) as fault:
            code, error = _named(fault, timeout)
        milliseconds = round((time.monotonic() - started) * 1000)
        return Outcome(status, milliseconds, error[:300], code, bytes(received))

    def close(self) -> None:
        self._pool.close()

    def _exchange(
        self,
        method: str,
        url: httpx.URL,
        body: bytes,
        headers: Mapping[str, str],
        timeout: float,
        received: bytearray,
    ) -> int:
        """Status of the answer; its first bytes are left in `received` even when the rest fails."""
        sent = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": f"OpenKassa/{__version__}",
            "Accept": "application/json, */*;q=0.1",
            "Accept-Encoding": "identity",
            **({"Content-Type": "application/json; charset=utf-8"} if body else {}),
            **({"Content-Length": str(len(body))} if body or method == "POST" else {}),
            **headers,
        }
        step = min(STEP_SECONDS, timeout)
        limits = {"connect": min(CONNECT_SECONDS, timeout), "read": step, "write": step, "pool": step}
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        pairs = [(name.encode("ascii"), value.encode("utf-8")) for name, value in sent.items()]
        with self._pool.stream(method, target, headers=pairs, content=body, extensions={"timeout": limits}) as answer:
            try:
                for piece in answer.iter_stream():
                    received += piece[: BODY_LIMIT - len(received)]
                    if len(received) >= BODY_LIMIT:
                        break
            except (OSError, *_HTTP_ERRORS) as fault:
                raise _Answered(answer.status, fault) from fault
            return answer.status


class _Answered(Exception):
    """The status came and then the body failed."""

    def __init__(self, status: int, error: Exception) -> None:
        super().__init__(str(error))
        self.status = status
        self.error = error


_HTTP_ERRORS = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    UnicodeError,
    ssl.SSLError,
)


class _JudgingBackend(httpcore.SyncBackend):
    """Connects to judged addresses only, and stops each step at the deadline of the thread's request."""

    def __init__(self, resolve: Resolver, private: bool) -> None:
        self._resolve = resolve
        self._private = private
        self._deadline = threading.local()

    def limit(self, deadline: float):
        return _Limit(self._deadline, deadline)

    def remaining(self, timeout: float | None) -> float:
        """Seconds for the next step. Raises `httpcore.ReadTimeout` when the request's time is over."""
        left = self._deadline.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole exchange took too long")
        return left if timeout is None else min(timeout, left)

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        try:
            addresses = allowed_addresses(host, port, self._resolve, private=self._private)
        except OSError as error:
            raise httpcore.ConnectError(f"the name {host} can't be resolved: {error}") from error
        fault: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses[:ADDRESSES_TRIED]:
            try:
                stream = super().connect_tcp(address, port, self.remaining(timeout), None, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
            else:
                return _TimedStream(stream, self)
        raise fault


class _Limit:
    def __init__(self, local: threading.local, deadline: float) -> None:
        self._local = local
        self._at = deadline

    def __enter__(self) -> None:
        self._local.at = self._at

    def __exit__(self, *_error: object) -> None:
        del self._local.at


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every step ends by the request's deadline: a server that drips bytes gains no time."""

    def __init__(self, stream: httpcore.NetworkStream, backend: _JudgingBackend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._backend.remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), WRITE_PIECE):
            self._stream.write(buffer[start : start + WRITE_PIECE], self._backend.remaining(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        stream = self._stream.start_tls(ssl_context, server_hostname, self._backend.remaining(timeout))
        return _TimedStream(stream, self._backend)

    def get_extra_info(self, info: str):
        return self._stream.get_extra_info(info)


def _parse(url: str) -> httpx.URL:
    """Raises `ForbiddenAddress` for an address of a form that is never called."""
    if len(url) > URL_LIMIT:
        raise ForbiddenAddress("url", f"the address is longer than {URL_LIMIT} characters; give a shorter one")
    try:
        parsed = httpx.URL(url)
        host = _ascii_host(parsed)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise ForbiddenAddress("url", f"this is not an address: {error}") from error
    if parsed.scheme not in ("http", "https") or not host:
        raise ForbiddenAddress("url", "the address must be complete and begin with http:// or https://")
    if parsed.userinfo:
        raise ForbiddenAddress("url", "the address must not hold a login or a password")
    if _port(parsed) in REFUSED_PORTS or not 0 < _port(parsed) < 65536:
        raise ForbiddenAddress("url", f"port {_port(parsed)} is not called; give another")
    return parsed


def _ascii_host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii")


def _port(url: httpx.URL) -> int:
    if url.port is not None:
        return url.port
    return 443 if url.scheme == "https" else 80


def _named(fault: Exception, timeout: float) -> tuple[str, str]:
    """(code, text) of a fault."""
    if isinstance(fault, ForbiddenAddress):
        return ("url" if fault.code == "url" else "forbidden_address"), str(fault)
    if isinstance(fault, httpcore.TimeoutException | TimeoutError):
        return "timeout", f"no complete answer in time (limit {timeout:g} s)"
    if isinstance(fault, ssl.SSLError) or isinstance(fault.__cause__, ssl.SSLError) or "CERTIFICATE" in str(fault):
        return "tls", f"TLS failed: {fault}"
    if isinstance(fault, httpcore.ProtocolError | UnicodeError):
        return "protocol", f"what came is not an HTTP answer: {fault}"
    return "connect", f"the connection failed: {fault}"


@functools.cache
def strangers() -> OutgoingClient:
    """For addresses that users gave."""
    return OutgoingClient(private=settings().private_callbacks)


@functools.cache
def configured() -> OutgoingClient:
    """For addresses from this installation's own settings, which may be on its private network."""
    return OutgoingClient(private=True)


def check_url(url: str, *, resolve: bool = True) -> None:
    """See `OutgoingClient.check_url`; for addresses that users gave."""
    strangers().check_url(url, resolve=resolve)


def post_json(
    url: str, body: bytes, *, headers: Mapping[str, str] | None = None, timeout: float = TOTAL_SECONDS
) -> Outcome:
    """See `OutgoingClient.post_json`; for addresses that users gave."""
    return strangers().post_json(url, body, headers=headers, timeout=timeout)
