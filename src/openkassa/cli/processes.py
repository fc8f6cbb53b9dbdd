"""The processes of the platform: how each is started, and how it is seen to be ready."""

from __future__ import annotations

import json
import signal
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from openkassa.core.settings import Settings

RESTORED = "restored"  # marker of a restored home: the worker starts when doctor has compared and removed it
DEMO_FILE = "demo.json"  # written with the demo business
BACKGROUND = 5  # niceness of what may come a moment later: a burst of sales is taken first and worked off after
DEVICES = "devices"  # homes of the emulated cash registers, a directory each, inside the home


@dataclass(frozen=True, kw_only=True)
class Process:
    """One child of the supervisor. A process stops before those that it uses."""

    name: str
    command: tuple[str, ...]
    ready_url: str | None = None  # answers 200 when the process is ready
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 25.0  # more than the servers give their requests in hand
    niceness: int = 0
    stop_stage: int = 0  # lower ones are stopped, and have ended, before higher ones are asked to


def platform_processes(settings: Settings) -> list[Process]:
    """What runs on one machine, in the order of starting."""
    worker = _kassa("worker", ready=_url(settings, settings.free_port("worker_http")), stage=1, niceness=BACKGROUND)
    sandbox = _kassa("sandbox", ready=_url(settings, settings.sandbox_port), stage=2)
    return [
        *operator_processes(settings),
        *device_processes(settings),
        *([sandbox] if has_sandbox(settings) else []),
        *([] if (settings.home / RESTORED).exists() else [worker]),
        _kassa("events", ready=_url(settings, settings.events_port)),
        _kassa("web", ready=_url(settings, settings.http_port)),
    ]


def has_sandbox(settings: Settings) -> bool:
    """The rest of the world is simulated where there is a demo business, and nowhere else."""
    return (settings.home / DEMO_FILE).exists()


def operator_processes(settings: Settings) -> list[Process]:
    """The operator's two: the exchange with the registers, and the pages."""
    return [
        _kassa(
            "ofd",
            "exchange",
            ready=_url(settings, settings.free_port("ofd_exchange_http")),
            stage=3,
            niceness=BACKGROUND,
        ),
        _kassa("ofd", "web", ready=_url(settings, settings.ofd_http_port), stage=3),
    ]


def device_processes(settings: Settings) -> list[Process]:
    """A process for each emulated cash register of the home."""
    return [
        _kassa("device", str(home), name=f"device-{home.name}", stage=2, ready=_device_url(home), niceness=BACKGROUND)
        for home in device_homes(settings)
    ]


def device_homes(settings: Settings) -> list[Path]:
    return sorted(path.parent for path in (settings.home / DEVICES).glob("*/device.json"))


def _device_url(home: Path) -> str | None:
    address = json.loads((home / "device.json").read_text()).get("http")
    return f"http://{address}/health/ready" if address else None


def _kassa(
    *words: str, ready: str | None = None, name: str | None = None, stage: int = 0, niceness: int = 0
) -> Process:
    command = (sys.executable, "-m", "openkassa.cli.main", *words)
    name = name or "-".join(words)
    return Process(name=name, command=command, ready_url=ready, stop_stage=stage, niceness=niceness)


def _url(settings: Settings, port: int) -> str:
    host = "127.0.0.1" if settings.bind == "0.0.0.0" else settings.bind  # noqa: S104
    return f"http://{host}:{port}/health/ready"


def not_ready(process: Process, timeout: float = 1.0) -> str | None:
    """None when the process is ready, otherwise what it waits for."""
    if process.ready_url is None:
        return None
    try:
        with urllib.request.urlopen(process.ready_url, timeout=timeout):  # noqa: S310  our own address
            return None
    except urllib.error.HTTPError as error:
        return _reason(error.read()) or f"answers {error.code}"
    except OSError as error:
        return str(getattr(error, "reason", error))


def _reason(body: bytes) -> str | None:
    try:
        checks = json.loads(body)["checks"]
    except (ValueError, KeyError, TypeError):
        return None
    return "; ".join(f"{name}: {check['text']}" for name, check in checks.items() if not check["ok"])
