"""Ports are looked at before anything starts, so that a taken one is named and nothing is half up."""

from __future__ import annotations

import errno
import socket

import psutil

from openkassa.core.settings import Settings, WrongSetting

KEPT = ("device_", "sandbox_marking_exchange")


def named_ports(settings: Settings) -> dict[str, int]:
    """Variable → port, of all ports that people choose."""
    return {
        "KASSA_HTTP_PORT": settings.http_port,
        "KASSA_EVENTS_PORT": settings.events_port,
        "KASSA_OFD_PORT": settings.ofd_port,
        "KASSA_OFD_HTTP_PORT": settings.ofd_http_port,
        "KASSA_SANDBOX_PORT": settings.sandbox_port,
        **{f"KASSA_SANDBOX_{part.upper()}_PORT": port for part, port in settings.sandbox_parts.items()},
    }


def check_ports(settings: Settings) -> None:
    """Raises `WrongSetting` for a port that is given twice, taken, or not allowed to this account."""
    seen: dict[int, str] = {}
    for variable, port in named_ports(settings).items():
        if port in seen:
            raise WrongSetting(variable, f"port {port} is also that of {seen[port]}; give each its own")
        seen[port] = variable
        problem = _problem(settings.bind, port)
        if problem:
            raise WrongSetting(variable, f"port {port} on {settings.bind} {problem}; set {variable} to a free one")


def forget_taken_ports(settings: Settings) -> None:
    """Chosen ports that someone else has taken since are given up: new ones are chosen when they are asked for.

    Those of devices, and that at which devices find the marking service, stay: they are also in the device's own
    settings and in the register's.
    """
    for path in (settings.home / "ports").glob("*"):
        if path.name.startswith(KEPT):
            continue
        if not path.read_text().isdecimal() or _problem(settings.bind, int(path.read_text())):
            path.unlink()


def _problem(bind: str, port: int) -> str | None:
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"is taken{_by_whom(port)}"
            if error.errno == errno.EACCES:
                return "is not allowed to this account"
            if error.errno == errno.EADDRNOTAVAIL:
                raise WrongSetting("KASSA_BIND", f"{bind} is not an address of this machine") from error
            return f"can't be used ({error.strerror})"
    return None


def _by_whom(port: int) -> str:
    """« by name, process N» where this account may know."""
    try:
        for connection in psutil.net_connections("inet"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()}, process {connection.pid}"
    except psutil.Error:
        pass
    return ""
