"""Children of the test's own process: workers that are killed or stopped at a named point, in milliseconds.

A child has connections of its own and runs the same code as `kassa worker`; only starting it costs nothing.
"""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable

from django.db import connections
from tests.support.world import Device, World

from openkassa.core import crash
from openkassa.kassa.registers import provision

_inherited: list[object] = []  # connections of the parent: closed by a child they would end for both
_devices: list[object] = []
_running: list[Child] = []


class Child:
    def __init__(self, work: Callable[[], object]) -> None:
        self.pid = os.fork()
        self.status: int | None = None
        if self.pid:
            _running.append(self)
            return
        try:
            _forget_connections()
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    def wait(self) -> int:
        """How it ended: its exit code, or minus the signal that killed it."""
        if self.status is None:
            _, status = os.waitpid(self.pid, 0)
            self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def wait_stopped(self) -> None:
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), f"the child ended instead of stopping: {status}"

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> int:
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
        return self.wait()


def kill_children() -> None:
    """None outlives its test: a stopped one would keep its locks and the test's output open for ever."""
    while _running:
        _running.pop().kill()


def turn_killed_at(world: World, device: Device, point: str) -> Child:
    """A worker's turn that ends in SIGKILL at the crash point `point`."""

    def turn() -> None:
        crash._AT = point
        world.turn(device, holder="killed")

    return Child(turn)


def turn_stopped_at(world: World, device: Device, point: str) -> Child:
    """A worker's turn that stops itself with SIGSTOP at `point`, once."""

    def turn() -> None:
        armed = [True]

        def stop(name: str) -> None:
            if name == point and armed:
                armed.clear()
                os.kill(os.getpid(), signal.SIGSTOP)

        crash.point = stop
        world.turn(device, holder="stopped")

    return Child(turn)


def _forget_connections() -> None:
    for wrapper in connections.all(initialized_only=True):
        _inherited.append(wrapper.connection)
        wrapper.connection = None
    _devices.append(dict(provision._local.__dict__))
    provision._local.__dict__.clear()
