"""The supervisor: what falls starts again, what it started ends with it however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

WAIT_SECONDS = 20
PROGRAM = Path(__file__).parents[1] / "support" / "supervised.py"
Start = Callable[..., subprocess.Popen]


def eventually(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def numbers(folder: Path, name: str) -> list[list[int]]:
    """Process numbers of each start of a child: its own and its grandchild's."""
    path = folder / name
    return [[int(word) for word in line.split()] for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen] = []

    def begin(mode: str = "obedient") -> subprocess.Popen:
        running = subprocess.Popen(
            [sys.executable, str(PROGRAM), "supervisor", str(tmp_path), mode], stdout=subprocess.PIPE, text=True
        )
        started.append(running)
        eventually(lambda: numbers(tmp_path, "back") and numbers(tmp_path, "front"), "children started")
        return running

    yield begin
    for running in started:
        running.kill()
        running.communicate()
    for name in ("back", "front"):
        for pid in (pid for line in numbers(tmp_path, name) for pid in line):
            assert not alive(pid), f"{name} left process {pid} behind"


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def all_ended(folder: Path) -> bool:
    return not any(alive(pid) for name in ("back", "front") for line in numbers(folder, name) for pid in line)


def test_a_fallen_process_starts_again(start: Start, tmp_path: Path) -> None:
    supervisor = start()
    os.kill(numbers(tmp_path, "back")[0][0], signal.SIGKILL)
    eventually(lambda: len(numbers(tmp_path, "back")) == 2, "started again")
    os.killpg(numbers(tmp_path, "back")[0][0], signal.SIGKILL)  # the grandchild that the fallen one left
    supervisor.send_signal(signal.SIGINT)
    output, _ = supervisor.communicate(timeout=WAIT_SECONDS)
    assert "back was ended by SIGKILL, starts again" in output


def test_ctrl_c_stops_stage_by_stage_and_waits(start: Start, tmp_path: Path) -> None:
    supervisor = start()
    supervisor.send_signal(signal.SIGINT)
    output, _ = supervisor.communicate(timeout=WAIT_SECONDS)
    assert output.endswith("clean end\n")
    assert (tmp_path / "order").read_text().split() == ["front", "back"]
    eventually(lambda: all_ended(tmp_path), "all ended")


def test_a_second_ctrl_c_kills_what_does_not_stop(start: Start, tmp_path: Path) -> None:
    supervisor = start("deaf")
    supervisor.send_signal(signal.SIGINT)
    eventually(lambda: (tmp_path / "order").exists(), "asked to stop")
    assert alive(numbers(tmp_path, "front")[0][0])
    supervisor.send_signal(signal.SIGINT)
    output, _ = supervisor.communicate(timeout=WAIT_SECONDS)
    assert "front did not stop, killing it" in output


def test_children_and_theirs_end_with_a_killed_supervisor(start: Start, tmp_path: Path) -> None:
    supervisor = start()
    supervisor.kill()
    eventually(lambda: all_ended(tmp_path), "all ended")


@pytest.mark.slow
def test_even_a_deaf_child_ends_with_a_killed_supervisor(start: Start, tmp_path: Path) -> None:
    supervisor = start("deaf")
    supervisor.kill()
    eventually(lambda: all_ended(tmp_path), "all ended")


def test_children_end_when_supervisor_and_guardian_are_killed(start: Start, tmp_path: Path) -> None:
    supervisor = start()
    guardian = next(
        child for child in psutil.Process(supervisor.pid).children() if "openkassa.cli.guardian" in child.cmdline()
    )
    guardian.suspend()
    supervisor.kill()
    children = [numbers(tmp_path, name)[0][0] for name in ("back", "front")]
    eventually(lambda: not any(alive(pid) for pid in children), "the kernel has ended them")
    guardian.resume()
    eventually(lambda: all_ended(tmp_path), "the guardian has ended theirs")
