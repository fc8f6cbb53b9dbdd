"""Which network addresses an outgoing request may reach, and how a host's name becomes addresses.

Only addresses of the public internet are allowed. A form that carries another address inside (IPv4-mapped IPv6,
NAT64, 6to4, Teredo) is refused as a whole: none of them lies in the one IPv6 block that hosts are given, or it
is named below. Sources: IANA special-purpose address registries (RFC 6890), RFC 4291, RFC 6052.
"""

from __future__ import annotations

import contextlib
import ipaddress
import queue
import socket
import threading
from collections.abc import Callable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], list[str]]  # (host, port) -> addresses as text; raises OSError

GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
REFUSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "2001::/23",  # protocol assignments, Teredo among them
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)


class ForbiddenAddress(Exception):
    """An address that outgoing requests may not go to. `code` is stable, the text says what to do."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def is_public(address: Address) -> bool:
    """Whether a host of the public internet can have this address."""
    if any(address in network for network in REFUSED if network.version == address.version):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return address in GLOBAL_UNICAST and address.is_global
    return address.is_global and not (address.is_multicast or address.is_reserved)


def is_own_network(address: Address) -> bool:
    """Whether it is this machine or a private network: what development may reach on request. Link-local addresses
    are not among them: clouds keep their machines' credentials there."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return False
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return address.is_loopback
    return address.is_private


def allowed_addresses(host: str, port: int, resolve: Resolver, *, private: bool) -> list[str]:
    """Addresses of `host`, in the resolver's order. One forbidden address forbids the host.

    Raises `ForbiddenAddress`, and `OSError` where the name can't be resolved.
    """
    found = list(dict.fromkeys(resolve(host, port)))
    for text in found:
        address = ipaddress.ip_address(text.split("%")[0])
        if not (is_public(address) or (private and is_own_network(address))):
            raise ForbiddenAddress(
                "private_address",
                f"{host} is {address}, which is not an address of the public internet; give one that is",
            )
    return found


def system_resolver(timeout: float = 5.0) -> Resolver:
    """The system's resolver, waited for at most `timeout` seconds: getaddrinfo itself knows no limit."""

    def resolve(host: str, port: int) -> list[str]:
        answers: queue.SimpleQueue = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put([entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
            except (OSError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=ask, name="resolve", daemon=True).start()
        answer: list[str] | Exception = TimeoutError(f"the name was not resolved within {timeout:g} s")
        with contextlib.suppress(queue.Empty):
            answer = answers.get(timeout=timeout)
        if isinstance(answer, Exception):
            raise answer if isinstance(answer, OSError) else OSError(str(answer))
        return answer

    return resolve
