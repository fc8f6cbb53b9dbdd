"""The demo business: made once, with random secrets that lie in the home (0600) and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec

from openkassa.cli.access import AtolAccess, NewRegister
from openkassa.cli.demo_faces import DEMO_FACES
from openkassa.cli.processes import DEMO_FILE
from openkassa.core.keys import random_password
from openkassa.core.settings import Settings, settings

INN = "7800000027"  # made up, with valid check digits
NAME = "ООО «Ромашка»"
SITE = "https://romashka.example"
PHONE_CODE = "+7900000000"
REGISTERS = (
    NewRegister(serial="00000000000001", fn="9999078900000001", sequence=1),
    NewRegister(serial="00000000000002", fn="9999078900000002", sequence=2),
    NewRegister(serial="00000000000003", fn="9999078900000003", sequence=3),
)
PEOPLE = (
    ("owner", "Ольга, владелец"),
    ("manager", "Марат, управляющий"),
    ("cashier", "Айгүл, кассир"),
    ("staff", "Сотрудник сервиса"),
    ("operator", "Сотрудник ОФД"),
)


class DemoUser(msgspec.Struct, kw_only=True):
    role: str
    login: str
    password: str
    pin: str | None = None


class Demo(msgspec.Struct, kw_only=True):
    """What the demo business is reached with."""

    atol: AtolAccess
    v1_key: str
    users: list[DemoUser]
    faces: dict[str, dict[str, str]] = {}  # of the other wire faces: secrets and numbers, as `demo_faces` made them


class NoDemo(Exception):
    """This home has no demo business; `kassa up --demo` makes one."""


def read_demo(settings: Settings) -> Demo:
    path = settings.home / DEMO_FILE
    if not path.exists():
        raise NoDemo(f"{settings.home} has no demo business. Make one with: kassa up --demo")
    return msgspec.json.decode(path.read_bytes(), type=Demo)


def demo_info(settings: Settings) -> dict:
    """The contract of `kassa demo-info --json`."""
    demo = read_demo(settings)
    shown = "127.0.0.1" if settings.bind == "0.0.0.0" else settings.bind  # noqa: S104
    return {
        "http": settings.public_url,
        "ofd_tcp": f"{shown}:{settings.ofd_port}",
        "ofd_http": settings.ofd_public_url,
        "sandbox": f"http://{shown}:{settings.sandbox_port}",
        "atol": {
            "v4": f"{settings.public_url}/possystem/v4",
            "v5": f"{settings.public_url}/possystem/v5",
            "login": demo.atol.login,
            "password": demo.atol.password,
            "group": demo.atol.group,
            "inn": INN,
            "payment_address": SITE,
        },
        "v1": {"base": f"{settings.public_url}/api/v1", "key": demo.v1_key},
        **{face.name: face.info(settings, demo.faces[face.name]) for face in DEMO_FACES if face.name in demo.faces},
        "users": [msgspec.to_builtins(user) for user in demo.users],
    }


def ensure_demo() -> None:
    """Makes the demo business unless the home has one, and what a home of an older version lacks of it.

    The two projects are written by a process each."""
    if (settings().home / DEMO_FILE).exists():
        if {face.name for face in DEMO_FACES} - read_demo(settings()).faces.keys():
            _write("kassa", "faces", b"")
        return
    users = [DemoUser(role=role, login=f"{role}@demo.example", password=random_password(12)) for role, _ in PEOPLE]
    for project in ("ofd", "kassa"):
        _write(project, project, msgspec.json.encode(users))


def _write(project: str, part: str, given: bytes) -> None:
    subprocess.run(
        [sys.executable, "-m", "openkassa.cli.demo_write", part],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": f"openkassa.projects.{project}.settings"},
        input=given,
        check=True,
        start_new_session=True,  # Ctrl-C is the supervisor's: a half-made business helps nobody
    )


def save_demo(home_settings: Settings, demo: Demo) -> None:
    path = home_settings.home / DEMO_FILE
    draft = path.with_suffix(".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(demo), indent=2))
    draft.rename(path)
