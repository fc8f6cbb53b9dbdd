"""The platform's settings: one typed object made from the environment, wrong values named before anything starts."""

from __future__ import annotations

import errno
import functools
import hashlib
import ipaddress
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

DATABASE_VARIABLES = (
    "KASSA_DATABASE_URL",
    "KASSA_DATABASE_OWNER_URL",
    "KASSA_OFD_DATABASE_URL",
    "KASSA_OFD_DATABASE_OWNER_URL",
)


class WrongSetting(Exception):
    """A setting has a value that can't be used; the text names the variable and says what to do."""

    def __init__(self, variable: str, text: str) -> None:
        super().__init__(f"{variable}: {text}")
        self.variable = variable


@dataclass(frozen=True, kw_only=True)
class DatabaseUrls:
    """Addresses of one database: `app` for the processes, `owner` for migrate, restore and retention."""

    app: str
    owner: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    home: Path
    bind: str
    http_port: int
    ofd_port: int
    ofd_http_port: int
    sandbox_port: int
    events_port: int
    kassa_database: DatabaseUrls | None  # None: embedded
    ofd_database: DatabaseUrls | None
    public_url: str
    ofd_public_url: str
    events_public_url: str
    trusted_proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    smtp_url: str | None
    sms_url: str | None
    marking_url: str  # of the marking service's list of hosts
    private_callbacks: bool  # callbacks to private addresses are allowed (development)
    testing: bool
    face_words: Mapping[str, str] = field(default_factory=dict)  # "face.table.code" -> word (see api.words)
    sandbox_parts: Mapping[str, int] = field(default_factory=dict)  # part -> port, where given

    @property
    def embedded(self) -> bool:
        return self.kassa_database is None

    @property
    def keys(self) -> Path:
        return self.home / "keys"

    @property
    def run(self) -> Path:
        """Directory of sockets. Short, whatever the home is called: a socket's path holds at most 107 bytes."""
        digest = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        return Path(os.environ.get("KASSA_RUN_ROOT", "/tmp")) / f"kassa-{digest}"  # noqa: S108

    def port_file(self, name: str) -> Path:
        return self.home / "ports" / name

    def free_port(self, name: str) -> int:
        """The port kept for `name` in the home, a free one chosen at the first call."""
        path = self.port_file(name)
        if path.exists():
            return int(path.read_text())
        port = choose_free_port(self.bind)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(port))
        return port

    def sandbox_part_port(self, part: str) -> int:
        given = self.sandbox_parts.get(part)
        return given if given is not None else self.free_port(f"sandbox_{part}")


def choose_free_port(bind: str) -> int:
    """A port that nobody uses, outside of the range that systems give to outgoing connections."""
    while True:
        port = secrets.choice(range(20_000, 32_768))
        with socket.socket() as probe:
            try:
                probe.bind((bind, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    continue
                raise
        return port


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings of an environment. Raises `WrongSetting` at the first value that can't be used."""
    home = Path(environment.get("KASSA_HOME") or ".kassa").expanduser().resolve()
    bind = _address(environment, "KASSA_BIND", "127.0.0.1")
    http_port = _port(environment, "KASSA_HTTP_PORT", 8000)
    ofd_http_port = _port(environment, "KASSA_OFD_HTTP_PORT", 8010)
    events_port = _port(environment, "KASSA_EVENTS_PORT", 8020)
    kassa_database, ofd_database = _databases(environment)
    shown = "127.0.0.1" if bind == "0.0.0.0" else bind  # noqa: S104
    return Settings(
        home=home,
        bind=bind,
        http_port=http_port,
        ofd_port=_port(environment, "KASSA_OFD_PORT", 7777),
        ofd_http_port=ofd_http_port,
        sandbox_port=_port(environment, "KASSA_SANDBOX_PORT", 8090),
        events_port=events_port,
        kassa_database=kassa_database,
        ofd_database=ofd_database,
        public_url=_url(environment, "KASSA_PUBLIC_URL", f"http://{shown}:{http_port}"),
        ofd_public_url=_url(environment, "KASSA_OFD_PUBLIC_URL", f"http://{shown}:{ofd_http_port}"),
        events_public_url=_url(environment, "KASSA_EVENTS_PUBLIC_URL", f"http://{shown}:{events_port}"),
        trusted_proxies=_networks(environment, "KASSA_TRUSTED_PROXIES"),
        smtp_url=_optional_url(environment, "KASSA_SMTP_URL", ("smtp", "smtps")),
        sms_url=_optional_url(environment, "KASSA_SMS_URL", ("http", "https")),
        marking_url=_url(environment, "KASSA_MARKING_URL", "https://cdn.crpt.ru"),
        private_callbacks=_flag(environment, "KASSA_PRIVATE_CALLBACKS"),
        testing=_flag(environment, "KASSA_TESTING"),
        face_words=_face_words(environment),
        sandbox_parts=_sandbox_parts(environment),
    )


@functools.cache
def settings() -> Settings:
    """Settings of this process."""
    return read_settings(os.environ)


def _port(environment: Mapping[str, str], variable: str, default: int) -> int:
    text = environment.get(variable)
    if not text:
        return default
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 65535:
        raise WrongSetting(variable, f"«{text}» is not a port; give a number from 1 to 65535")
    return int(text)


def _address(environment: Mapping[str, str], variable: str, default: str) -> str:
    text = environment.get(variable) or default
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise WrongSetting(variable, f"«{text}» is not an IPv4 address; give one like 127.0.0.1 or 0.0.0.0") from error


def _flag(environment: Mapping[str, str], variable: str) -> bool:
    text = (environment.get(variable) or "0").lower()
    if text not in ("0", "1", "no", "yes", "false", "true"):
        raise WrongSetting(variable, f"«{text}» is neither yes nor no; give 1 or 0")
    return text in ("1", "yes", "true")


def _url(environment: Mapping[str, str], variable: str, default: str) -> str:
    text = (environment.get(variable) or default).rstrip("/")
    if not _is_url(text, ("http", "https")):
        raise WrongSetting(variable, f"«{text}» is not an http(s) address; give one like https://kassa.example.com")
    return text


def _optional_url(environment: Mapping[str, str], variable: str, schemes: tuple[str, ...]) -> str | None:
    text = environment.get(variable)
    if not text:
        return None
    if not _is_url(text, schemes):
        raise WrongSetting(variable, f"not an address; give one like {schemes[0]}://user:password@host:port")
    return text


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a half of brackets
        return False


def _networks(environment: Mapping[str, str], variable: str):
    try:
        words = (environment.get(variable) or "").replace(",", " ").split()
        return tuple(ipaddress.ip_network(word, strict=False) for word in words)
    except ValueError as error:
        raise WrongSetting(variable, f"{error}; give addresses or networks, separated by commas") from error


def _databases(environment: Mapping[str, str]) -> tuple[DatabaseUrls | None, DatabaseUrls | None]:
    given = [variable for variable in DATABASE_VARIABLES if environment.get(variable)]
    if not given:
        return None, None
    missing = [variable for variable in DATABASE_VARIABLES if variable not in given]
    if missing:
        raise WrongSetting(
            missing[0], f"is not set, while {given[0]} is; give all four, or none for the embedded PostgreSQL"
        )
    for variable in given:
        if urlsplit(environment[variable]).scheme not in ("postgres", "postgresql"):
            raise WrongSetting(variable, "is not a PostgreSQL address; give postgresql://user:password@host:port/name")
    kassa, kassa_owner, ofd, ofd_owner = (environment[variable] for variable in DATABASE_VARIABLES)
    return DatabaseUrls(app=kassa, owner=kassa_owner), DatabaseUrls(app=ofd, owner=ofd_owner)


def _face_words(environment: Mapping[str, str]) -> dict[str, str]:
    words = {}
    for part in (environment.get("KASSA_FACE_WORDS") or "").replace(",", " ").split():
        name, _, word = part.partition("=")
        if not word or [bool(piece) for piece in name.split(".")] != [True] * 3 or not name.split(".")[2].isdecimal():
            raise WrongSetting("KASSA_FACE_WORDS", f"«{part}» is not face.table.code=word, like modulkassa.vat.11=1113")
        words[name] = word
    return words


def _sandbox_parts(environment: Mapping[str, str]) -> dict[str, int]:
    parts = {}
    for variable in environment:
        if variable.startswith("KASSA_SANDBOX_") and variable.endswith("_PORT") and variable != "KASSA_SANDBOX_PORT":
            name = variable.removeprefix("KASSA_SANDBOX_").removesuffix("_PORT").lower()
            parts[name] = _port(environment, variable, 0)
    return parts
