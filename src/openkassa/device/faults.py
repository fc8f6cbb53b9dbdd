"""Faults that a test switches on by `SetFault`, when the device was started with faults allowed.

refuse              the first task of a batch is refused; value: the code (default 256)
delay               an answer comes late; value: seconds
hang                nothing is answered until the fault is switched off
lose_answer         the documents are made, the connection is closed without an answer
answer_twice        the answer is sent twice
disk_full           the journal can't be written
die_before_journal  the process kills itself before anything is written
die_mid_journal     … with half of a batch's bytes written
die_after_journal   … with the batch on disk and nothing answered
lose_ack            the operator's acknowledgement is thrown away and the connection closed
no_ofd              the register doesn't try to reach the operator
"""

from __future__ import annotations

import errno
import os
import signal

import msgspec

from openkassa.fiscal import driver

NAMES = frozenset(
    {
        "refuse",
        "delay",
        "hang",
        "lose_answer",
        "answer_twice",
        "disk_full",
        "die_before_journal",
        "die_mid_journal",
        "die_after_journal",
        "lose_ack",
        "no_ofd",
    }
)
REFUSED_BY_FAULT = 0x100


class Fault(msgspec.Struct):
    value: str
    left: int | None  # how often it still acts, None without end


class Faults:
    """Faults of one register; none are on at the start."""

    def __init__(self) -> None:
        self._active: dict[str, Fault] = {}

    def set(self, verb: driver.SetFault) -> str | None:
        """Switch on or off; what is wrong with the request, or None."""
        if verb.name not in NAMES:
            return f"no fault is called {verb.name!r}; there are " + ", ".join(sorted(NAMES))
        if verb.value is None:
            self._active.pop(verb.name, None)
            return None
        if verb.name == "delay" and not _is_number(verb.value):
            return f"the value of delay is seconds, not {verb.value!r}"
        if verb.name == "refuse" and verb.value and not verb.value.isdigit():
            return f"the value of refuse is a code, not {verb.value!r}"
        self._active[verb.name] = Fault(verb.value, verb.times)
        return None

    def is_on(self, name: str) -> bool:
        """Whether a lasting fault is on; doesn't use it up."""
        return name in self._active

    def take(self, name: str) -> str | None:
        """The fault's value when it acts now, which uses up one of its times."""
        fault = self._active.get(name)
        if fault is None:
            return None
        if fault.left is not None:
            fault.left -= 1
            if fault.left <= 0:
                del self._active[name]
        return fault.value

    def die(self, name: str) -> None:
        """Kill this process as a power cut would, when the fault is on."""
        if self._active and self.take(name) is not None:
            os.kill(os.getpid(), signal.SIGKILL)

    def fail_write(self) -> None:
        if self._active and self.take("disk_full") is not None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def refusal(self) -> int | None:
        value = self.take("refuse") if self._active else None
        return None if value is None else int(value or REFUSED_BY_FAULT)


def _is_number(text: str) -> bool:
    try:
        return 0 <= float(text) < 3600
    except ValueError:
        return False
