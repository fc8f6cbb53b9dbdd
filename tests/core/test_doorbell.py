"""Doorbells between processes of one machine."""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from pathlib import Path

import pytest

from openkassa.core.doorbell import Doorbell, Ringer


@pytest.fixture
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("b")


def test_all_listeners_of_the_kind_hear_it_and_others_do_not(folder):
    with Doorbell("work", folder) as one, Doorbell("work", folder) as two, Doorbell("events", folder) as other:
        Ringer(folder).ring("work")
        assert one.wait(1)
        assert two.wait(1)
        assert not other.wait(0.02)
        assert not one.wait(0.02)


def test_a_ring_before_the_wait_is_heard_and_many_are_one(folder):
    with Doorbell("work", folder) as bell:
        ringer = Ringer(folder)
        for _ in range(1000):  # more than a socket's queue holds
            ringer.ring("work")
        assert bell.wait(1)
        assert not bell.wait(0.02)


def test_a_listener_that_comes_later_is_found_within_the_refresh(folder):
    ringer = Ringer(folder)
    ringer.ring("work")
    with Doorbell("work", folder) as bell:
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            ringer.ring("work")
            if bell.wait(0.05):
                return
    pytest.fail("the new bell was never rung")


def _ring_from_a_process(folder: str) -> None:
    Ringer(Path(folder)).ring("work")


def test_another_process_is_heard_at_once(folder):
    with Doorbell("work", folder) as bell:
        process = multiprocessing.get_context("spawn").Process(target=_ring_from_a_process, args=(str(folder),))
        process.start()
        heard = bell.wait(20)
        process.join()
        assert heard


def test_the_socket_of_a_dead_listener_is_removed(folder):
    dead = folder / "work.1.1.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as abandoned:
        abandoned.bind(str(dead))
    Ringer(folder).ring("work")
    assert not dead.exists()


def test_nobody_listening_is_no_error(folder):
    Ringer(folder / "never made").ring("work")


def test_threads_may_ring_together(folder):
    with Doorbell("work", folder) as bell:
        ringer = Ringer(folder)
        threads = [threading.Thread(target=lambda: [ringer.ring("work") for _ in range(200)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert bell.wait(1)
