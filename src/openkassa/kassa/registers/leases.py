"""Leases on registers: who may try. What happened is decided by attempts and the device's journal, not by a lease.

`fence` grows with each claim. Each write of a holder names its fence, and the device refuses a lower one than it
has seen, so a holder that was paused and has lost its lease changes nothing.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import random
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openkassa.core.clock import now
from openkassa.kassa.registers import sql

TERM = dt.timedelta(seconds=20)
FIRST_RETRY = 0.5  # seconds; doubles with each failure up to MAX_RETRY
MAX_RETRY = 60.0


class LeaseLost(Exception):
    """Somebody else has the register now; what this holder was about to write was not written."""


@dataclass(kw_only=True)
class Lease:
    """A claimed register with our copy of its counters, which the holder keeps up to date."""

    organisation_id: uuid.UUID
    register_id: uuid.UUID
    pool_id: uuid.UUID
    holder: str
    fence: int
    claimed_at: dt.datetime
    clean: bool  # the holder before left no doubt behind
    last_fd: int
    shift: int
    shift_open: bool
    shift_opened_at: dt.datetime | None
    acknowledged_fd: int
    failures: int
    has_commands: bool  # something besides receipts waits for this register
    setting: str  # number of the storage and state of the register, by which remembered settings are known to be old

    @property
    def key(self) -> dict[str, Any]:
        return {"organisation_id": self.organisation_id, "register_id": self.register_id, "fence": self.fence}


def lease_claim(
    *, organisation_id: uuid.UUID, register_id: uuid.UUID, holder: str, dead: list[str], in_pause: bool = False
) -> Lease | None:
    """The lease, or None when another worker has it, or when the pause after a failure is not over.

    `dead`: holders on this host that are known to be gone. `in_pause`: the pause does not matter.
    """
    at = now()
    row = sql.lease_claim(
        organisation_id=organisation_id,
        register_id=register_id,
        holder=holder,
        dead=dead,
        in_pause=in_pause,
        at=at,
        until=at + TERM,
    )
    if row is None:
        return None
    fence, clean, pool_id, last_fd, shift, shift_open, shift_opened_at, acknowledged_fd, failures, *rest = row
    return Lease(
        organisation_id=organisation_id,
        register_id=register_id,
        pool_id=pool_id,
        holder=holder,
        fence=fence,
        claimed_at=at,
        clean=clean,
        last_fd=last_fd,
        shift=shift,
        shift_open=shift_open,
        shift_opened_at=shift_opened_at,
        acknowledged_fd=acknowledged_fd,
        failures=failures,
        has_commands=rest[0],
        setting=rest[1],
    )


def lease_renew(lease: Lease) -> None:
    if not sql.lease_renew(**lease.key, until=now() + TERM):
        raise LeaseLost


def fence_raise(lease: Lease, *, above: int) -> None:
    """Goes over the highest fence that the device has seen: a database restored to an older point counts from below."""
    fence = sql.fence_raise(**lease.key, above=above)
    if fence is None:
        raise LeaseLost
    lease.fence = fence


def lease_release(lease: Lease, *, clean: bool, due_at: dt.datetime | None) -> None:
    """Gives the register back. `due_at`: when it needs a turn, unless somebody has asked for one meanwhile."""
    sql.lease_release(**lease.key, clean=clean, claimed_at=lease.claimed_at, due_at=due_at, at=now())


def lease_release_in_trouble(lease: Lease, *, problem: str, text: str) -> None:
    """Gives the register back with the trouble named; it is tried again after a growing pause."""
    at = now()
    seconds = min(FIRST_RETRY * 2 ** min(lease.failures, 10), MAX_RETRY) * random.uniform(0.9, 1.1)  # noqa: S311
    sql.lease_release_in_trouble(
        **lease.key, retry_at=at + dt.timedelta(seconds=seconds), problem=problem[:64], text=text[:500], at=at
    )


def own_holder() -> str:
    """This process as a holder: host, pid and start, so that a later process with the same pid is another one."""
    return _holder(os.getpid())


def _holder(pid: int) -> str:
    return f"{platform.node()[:24]}:{pid}:{_started(pid)}"


def _started(pid: int) -> str:
    """Start of a process in clock ticks since boot, empty where the system does not tell (macOS)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""


def is_dead(holder: str) -> bool:
    """True when a holder is known to be gone: of this host, and no such process lives."""
    host, _, rest = holder.partition(":")
    pid, _, started = rest.partition(":")
    if host != platform.node()[:24] or not pid.isdecimal() or not started:
        return False
    return _started(int(pid)) != started
