"""`kassa up`: everything on one machine, ready to be used."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

from rich.console import Console

from openkassa.cli import databases
from openkassa.cli.errors import HomeTaken
from openkassa.cli.home import describe_holder, given_addresses, hold_home, holder, make_home
from openkassa.cli.migrate_project import PROJECTS
from openkassa.cli.periodic import Periodic
from openkassa.cli.ports import check_ports, forget_taken_ports
from openkassa.cli.postgres import embedded_cluster
from openkassa.cli.processes import RESTORED, has_sandbox, platform_processes
from openkassa.cli.supervisor import Stopped, Supervisor
from openkassa.core.settings import Settings

STOP_HINT = "Ctrl-C stops everything."


def up(settings: Settings, console: Console, *, demo: bool) -> None:
    """Run the platform until someone asks to stop. Raises `Trouble` or `WrongSetting` before anything is half up."""
    make_home(settings)
    if holder(settings) is not None:  # said first: a taken port would only be a consequence
        raise HomeTaken(f"{settings.home} is in use by {describe_holder(settings)}")
    check_ports(settings)
    with (
        hold_home(settings, "kassa up", {"http": settings.public_url, "given": given_addresses(os.environ)}),
        Supervisor(settings.home / "logs", _printer(console)) as supervisor,
    ):
        forget_taken_ports(settings)
        with contextlib.suppress(Stopped):
            _start(settings, console, supervisor, demo=demo)
            periodic = Periodic(settings)
            supervisor.run(lambda: _each_tick(settings, supervisor, periodic))
        console.print("Stopping …")
    console.print("Stopped.")


def _printer(console: Console) -> Callable[[str], None]:
    return lambda line: console.print(line, markup=False, highlight=False)


def _start(settings: Settings, console: Console, supervisor: Supervisor, *, demo: bool) -> None:
    with _step(console, "PostgreSQL"):
        if settings.embedded:
            supervisor.adopt("postgres", embedded_cluster(settings).start)
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
    if has_sandbox(settings):
        _send_to_sandbox(settings)
    with _step(console, "Processes"):
        supervisor.start(platform_processes(settings))
        supervisor.wait_ready()
    if (settings.home / RESTORED).exists():
        console.print("This home was restored: the worker starts when `kassa doctor --reconcile` has compared.")
    console.print(f"OpenKassa is up: {settings.public_url}")
    if demo:
        threading.Thread(target=_tour, args=(console,), name="tour", daemon=True).start()
    else:
        console.print(STOP_HINT)


def _send_to_sandbox(settings: Settings) -> None:
    """Mails, messages and marking codes of a demo go to the sandbox, unless the environment says where."""
    os.environ.setdefault("KASSA_SMTP_URL", f"smtp://{settings.bind}:{settings.sandbox_part_port('smtp')}")
    os.environ.setdefault("KASSA_SMS_URL", f"http://{settings.bind}:{settings.sandbox_port}/sms")
    marking = f"http://{settings.bind}:{settings.sandbox_part_port('marking')}"
    os.environ.setdefault("KASSA_MARKING_URL", marking)


def _tour(console: Console) -> None:
    """Shows the main job at work. In a thread: the supervisor watches meanwhile, and Ctrl-C is heard."""
    from openkassa.cli import tour

    try:
        tour.run(console)
    except Exception as error:  # the platform is up whatever the tour met
        console.print(f"The tour ended early: {type(error).__name__}: {error}", markup=False)
    console.print(STOP_HINT)


def _each_tick(settings: Settings, supervisor: Supervisor, periodic: Periodic) -> None:
    _start_new(settings, supervisor)
    periodic.tick()


def _start_new(settings: Settings, supervisor: Supervisor) -> None:
    """Processes for what was added while the platform runs: a cash register; the worker of a restored home."""
    known = {child.process.name for child in supervisor.children}
    supervisor.start(process for process in platform_processes(settings) if process.name not in known)


def _collect_static() -> None:
    for project in PROJECTS:
        subprocess.run(
            [sys.executable, "-m", "django", "collectstatic", "--noinput", "--verbosity", "0"],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": f"openkassa.projects.{project}.settings"},
            check=True,
            start_new_session=True,
        )


@contextlib.contextmanager
def _step(console: Console, name: str) -> Iterator[None]:
    console.print(f"{name} …")
    yield
