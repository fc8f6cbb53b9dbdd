"""A turn: one worker, one register, everything that is due there.

Claim the register; after any doubt, first compare our copy with the device's own journal; carry out commands; give
waiting receipts to the device in batches; ask what the operator has answered; let go of the register.

What makes a receipt become one document and never two:

1. an attempt is committed before the first byte goes to the device, and at most one attempt of a receipt lives;
2. the device makes nothing unless its next number is the expected one, and refuses holders with an older fence;
3. an attempt is void only when the device's journal, read under a newer fence, does not know its task.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import time
import uuid

import structlog
from django.db import DatabaseError

from openkassa.core import doorbell
from openkassa.core.clock import now
from openkassa.core.ids import uuid7
from openkassa.core.tenancy import within
from openkassa.fiscal.driver import CloseShift
from openkassa.kassa.fiscalisation.acknowledgements import acknowledgements_collect
from openkassa.kassa.fiscalisation.batches import receipts_send
from openkassa.kassa.fiscalisation.commands import commands_execute
from openkassa.kassa.fiscalisation.context import SHIFT_LIMIT, RegisterTrouble, Turn
from openkassa.kassa.fiscalisation.documents import report_make, status_save
from openkassa.kassa.fiscalisation.recovery import recover
from openkassa.kassa.registers.drivers.base import AnswerLost, DeviceRefused, DeviceUnreachable
from openkassa.kassa.registers.leases import (
    Lease,
    LeaseLost,
    lease_claim,
    lease_release,
    lease_release_in_trouble,
)
from openkassa.kassa.registers.models import CashRegister, RegisterState
from openkassa.kassa.registers.provision import driver_of

TURN_SECONDS = 1.0  # after which other registers get the thread
AWAIT_SECONDS = 0.1  # for which an answer of the operator is worth waiting
SHORTEST_PAUSE = 0.02  # between two batches, and before asking what the operator has answered
LONGEST_PAUSE = 0.1
A_DOCUMENT = 0.005  # about what the delivery of one takes; the pause grows with those that lie at the device
A_BUSY_DOCUMENT = 0.05  # the same where many registers deliver at once
POLL = dt.timedelta(seconds=0.3)  # pause before asking again what the operator has answered, at least
POLL_UNDER_LOAD = dt.timedelta(seconds=2)  # at most, while the operator is well
LONGEST_POLL = dt.timedelta(seconds=30)
REGISTER_SECONDS = 2.0  # for which the settings of a register are remembered

_registers: dict[uuid.UUID, tuple[float, CashRegister]] = {}

log = structlog.get_logger(__name__)


def register_turn(*, organisation_id: uuid.UUID, register_id: uuid.UUID, holder: str, dead: list[str]) -> int:
    """Does what is due at a register; returns how many receipts became documents.

    Never raises for a device. After any other error the register is given back as after doubt, and the error goes on.
    """
    lease = lease_claim(organisation_id=organisation_id, register_id=register_id, holder=holder, dead=dead)
    if lease is None:
        return 0
    made = 0
    try:
        turn = _begin(lease)
        try:
            made = _work(turn)
        except RegisterTrouble:
            acknowledgements_collect(turn)  # what can't make documents any more still delivers them
            raise
        answered = acknowledgements_collect(turn)
        lease_release(lease, clean=True, due_at=_next_due(turn, busy=made + answered > 0))
    except DeviceUnreachable as error:
        _trouble(lease, "unreachable", f"Устройство не отвечает: {error}. Проверьте, что оно включено и доступно.")
    except AnswerLost as error:
        _trouble(lease, "answer_lost", f"Ответ устройства потерян: {error}. Журнал устройства будет сверен.")
    except DeviceRefused as error:
        _trouble(lease, error.code, str(error))
    except RegisterTrouble as error:
        _trouble(lease, error.problem, str(error))
    except LeaseLost:
        log.warning("lease_lost", register_id=str(register_id), fence=lease.fence)
    except Exception as error:
        with contextlib.suppress(DatabaseError):
            _trouble(lease, "fault", f"Ошибка в программе: {error}. Журнал устройства будет сверен.")
        raise
    doorbell.ring("events")
    return made


def _begin(lease: Lease) -> Turn:
    register = _register(lease)
    turn = Turn(lease=lease, register=register, shop=register.organisation.name, driver=driver_of(register))
    if not lease.clean:
        recover(turn)
    return turn


def _register(lease: Lease) -> CashRegister:
    """How the register is set up, as it was at most `REGISTER_SECONDS` ago; after doubt as it is."""
    known = _registers.get(lease.register_id)
    moment = time.monotonic()
    if (
        known is not None
        and moment < known[0]
        and lease.clean
        and not lease.has_commands
        and lease.setting == f"{known[1].fn} {known[1].state}"
    ):
        return known[1]
    with within(lease.organisation_id):
        register = CashRegister.objects.select_related("organisation").get(id=lease.register_id)
    _registers[lease.register_id] = (moment + REGISTER_SECONDS, register)
    return register


def _work(turn: Turn) -> int:
    """Commands, then batches while receipts come; then a moment for the operator, who if well answers within it.

    So most documents are confirmed in the turn that made them, and the register needs no further one. A batch costs
    about the same whether it is of one receipt or of thirty: the first goes at once, and what comes while others
    flow is gathered while the operator takes those documents. Many documents are not waited for.
    """
    if turn.lease.has_commands:
        commands_execute(turn)
    if turn.register.state != RegisterState.WORKING:
        return 0
    begun = quiet_since = time.monotonic()
    made = 0
    while True:
        if turn.shift_is_long():
            report_make(turn, CloseShift(id=uuid7().hex))
        full = turn.batch_size()
        batch = receipts_send(turn)
        made += batch
        moment = time.monotonic()
        delivery = turn.unacknowledged() * A_DOCUMENT
        if batch:
            quiet_since = moment
            doorbell.ring("events")
            if batch < full:
                time.sleep(min(max(delivery, SHORTEST_PAUSE), LONGEST_PAUSE))
        elif made == 0 or not 0 < delivery <= LONGEST_PAUSE or moment - quiet_since > AWAIT_SECONDS:
            return made
        elif not acknowledgements_collect(turn):
            time.sleep(SHORTEST_PAUSE)
        if moment - begun > TURN_SECONDS:
            return made


def _next_due(turn: Turn, *, busy: bool) -> dt.datetime | None:
    """When the register needs a turn even if no receipt comes. The longer the operator is silent, the later."""
    lease = turn.lease
    if turn.unacknowledged():
        silent = dt.timedelta()
        if not busy:
            first = status_save(turn)
            silent = now() - first if first else silent
        delivery = dt.timedelta(seconds=turn.unacknowledged() * A_BUSY_DOCUMENT)
        return now() + min(max(POLL, min(delivery, POLL_UNDER_LOAD), silent / 10), LONGEST_POLL)
    if lease.shift_open and lease.shift_opened_at is not None:
        return lease.shift_opened_at + SHIFT_LIMIT
    return None


def _trouble(lease: Lease, problem: str, text: str) -> None:
    log.warning("register_trouble", register_id=str(lease.register_id), problem=problem, text=text)
    lease_release_in_trouble(lease, problem=problem, text=text)
