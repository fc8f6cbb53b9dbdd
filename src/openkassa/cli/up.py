"""`kassa up`: everything on one machine, ready to be used."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

from rich.console import Console

from openkassa.cli import databases
from openkassa.cli.errors import HomeTaken
from openkassa.cli.home import describe_holder, hold_home, holder, make_home
from openkassa.cli.migrate_project import PROJECTS
from openkassa.cli.ports import check_ports, forget_taken_ports
from openkassa.cli.postgres import embedded_cluster
from openkassa.cli.processes import device_processes, platform_processes
from openkassa.cli.supervisor import Stopped, Supervisor
from openkassa.core.settings import Settings


def up(settings: Settings, console: Console, *, demo: bool) -> None:
    """Run the platform until someone asks to stop. Raises `Trouble` or `WrongSetting` before anything is half up."""
    make_home(settings)
    if holder(settings) is not None:  # said first: a taken port would only be a consequence
        raise HomeTaken(f"{settings.home} is in use by {describe_holder(settings)}")
    check_ports(settings)
    with (
        hold_home(settings, "kassa up", {"http": settings.public_url}),
        Supervisor(settings.home / "logs", _printer(console)) as supervisor,
    ):
        forget_taken_ports(settings)
        with contextlib.suppress(Stopped):
            _start(settings, console, supervisor, demo=demo)
            supervisor.run(lambda: _start_new_devices(settings, supervisor))
        console.print("Stopping …")
    console.print("Stopped.")


def _printer(console: Console) -> Callable[[str], None]:
    return lambda line: console.print(line, markup=False, highlight=False)


def _start(settings: Settings, console: Console, supervisor: Supervisor, *, demo: bool) -> None:
    with _step(console, "PostgreSQL"):
        if settings.embedded:
            cluster = embedded_cluster(settings)
            supervisor.adopt("postgres", cluster.start())
    supervisor.raise_when_asked()
    with _step(console, "Database schema"):
        databases.migrate(settings)
    with _step(console, "Static files"):
        _collect_static()
    supervisor.raise_when_asked()
    if demo:
        from openkassa.cli.demo import ensure_demo

        with _step(console, "Demo business"):
            ensure_demo()
    with _step(console, "Processes"):
        supervisor.start(platform_processes(settings))
        supervisor.wait_ready()
    console.print(f"OpenKassa is up: {settings.public_url}")
    if demo:
        from openkassa.cli import tour

        tour.run(console)
    console.print("Ctrl-C stops everything.")


def _start_new_devices(settings: Settings, supervisor: Supervisor) -> None:
    """A cash register that was added while the platform runs gets its process too."""
    known = {child.process.name for child in supervisor.children}
    supervisor.start(process for process in device_processes(settings) if process.name not in known)


def _collect_static() -> None:
    for project in PROJECTS:
        subprocess.run(
            [sys.executable, "-m", "django", "collectstatic", "--noinput", "--verbosity", "0"],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": f"openkassa.projects.{project}.settings"},
            check=True,
        )


@contextlib.contextmanager
def _step(console: Console, name: str) -> Iterator[None]:
    console.print(f"{name} …")
    yield
