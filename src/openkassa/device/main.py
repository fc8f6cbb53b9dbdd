"""One device process: `run(home)` serves the registers of `home/device.json` until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from random import Random

import structlog

from . import config as configuration
from .clock import Clock, system_clock
from .config import DeviceProblem
from .device import Device
from .health import Health
from .server import Server

__all__ = ["DeviceProblem", "run"]

log = structlog.get_logger()


def run(home: Path, *, faults: bool = False, clock: Clock | None = None) -> None:
    """Serve until stopped. DeviceProblem when it can't start: bad configuration, address taken, home in use."""
    config = configuration.load(home)
    with _hold(home):
        asyncio.run(_serve(home, config, faults, clock or system_clock()))


async def _serve(home: Path, config: configuration.DeviceConfig, faults: bool, clock: Clock) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    device = Device(home, config, clock=clock, faults_allowed=faults, random=Random())  # noqa: S311  only jitter
    server, health = Server(device), Health(device)
    await device.start()
    try:
        await server.start()
        await health.start()
        log.info("device.started", listen=config.listen, registers=len(device.registers), ofd=config.ofd, faults=faults)
        await stopped.wait()
    finally:
        await health.stop()
        await server.stop()
        await device.stop()
    log.info("device.stopped")


@contextlib.contextmanager
def _hold(home: Path) -> Iterator[None]:
    """Two processes on one set of journals would give a number twice: the home is locked while we live."""
    with (home / "device.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise DeviceProblem(f"{home} is in use by process {file.read().strip() or 'unknown'}") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
