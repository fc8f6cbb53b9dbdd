"""What is done at a register after any doubt."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Sequence

import structlog

from openkassa.core.clock import now
from openkassa.core.tenancy import within
from openkassa.fiscal.driver import Document, Status
from openkassa.kassa.fiscalisation import reasons, sql
from openkassa.kassa.fiscalisation.adoption import receipts_match
from openkassa.kassa.fiscalisation.commands import commands_settle
from openkassa.kassa.fiscalisation.context import MAX_BATCH, RegisterTrouble, Turn, event_add
from openkassa.kassa.fiscalisation.documents import documents_store, status_save
from openkassa.kassa.fiscalisation.doubles import decided_attempts, doubles_report, doubles_split
from openkassa.kassa.fiscalisation.storages import storage_settle
from openkassa.kassa.registers import sql as registers_sql
from openkassa.kassa.registers.leases import fence_raise
from openkassa.kassa.registers.models import FiscalDocument, RegisterState

log = structlog.get_logger(__name__)


def recover(turn: Turn) -> None:
    """After any doubt: the device's journal says what happened, and our copy follows it.

    First each unresolved attempt is asked for under our fence, the highest that the device has seen: from then on it
    refuses whatever was sent under an older one, so what it does not know now it will never make. Then documents
    that we lack are adopted, with the attempts whose tasks they carry; those of attempts that our database has lost,
    with the receipts that they are documents of. The receipts of the other attempts wait again.
    """
    lease = turn.lease
    status = turn.status()
    storage_settle(turn, status)
    _compare(turn, status)
    if status.fence > lease.fence:
        log.warning("fence_behind", register_id=str(lease.register_id), ours=lease.fence, device=status.fence)
        fence_raise(lease, above=status.fence)
    lost = [
        attempt_id
        for attempt_id, _, _ in sql.attempts_unresolved(
            organisation_id=lease.organisation_id, register_id=lease.register_id
        )
        if turn.driver.find_task(attempt_id.hex, fence=lease.fence) is None
    ]
    if turn.register.state == RegisterState.LOST:
        for attempt_id in decided_attempts(turn):  # what was decided must not be made later, either
            turn.driver.find_task(attempt_id.hex, fence=lease.fence)
    _adopt(turn, lost)
    sql.attempts_return(organisation_id=lease.organisation_id, attempt_ids=lost, reason=reasons.TASK_UNKNOWN, at=now())
    commands_settle(turn)
    status_save(turn)
    if turn.register.state == RegisterState.LOST:
        event_add(turn, "came_back", {"fn": turn.register.fn, "last_fd": lease.last_fd})
        log.warning("lost_register_came_back", register_id=str(lease.register_id), last_fd=lease.last_fd)


def _adopt(turn: Turn, lost: list[uuid.UUID]) -> None:
    """Brings our copy up to the device's journal."""
    lease = turn.lease
    last_fd = turn.status().last_fd
    while lease.last_fd < last_fd:
        documents = turn.driver.documents(from_fd=lease.last_fd + 1, limit=MAX_BATCH)
        if [document.fd for document in documents] != list(
            range(lease.last_fd + 1, lease.last_fd + 1 + max(len(documents), 1))
        ):
            raise RegisterTrouble("journal_gap", f"Касса не отдаёт документы от {lease.last_fd + 1} подряд.")
        log.info("documents_adopted", register_id=str(lease.register_id), first=documents[0].fd, count=len(documents))
        for entered, run in itertools.groupby(documents, key=_is_entered(turn, documents)):
            if entered:
                _follow(turn, list(run))
            else:
                _store(turn, list(run), lost)


def _store(turn: Turn, documents: list[Document], lost: list[uuid.UUID]) -> None:
    """Documents that we lack; those that contradict a person's decision come without the receipt, and are reported."""
    lease = turn.lease
    documents, doubles = doubles_split(turn, documents)

    def prepare(documents: Sequence[Document]) -> None:
        receipts_match(
            organisation_id=lease.organisation_id,
            register_id=lease.register_id,
            pool_id=lease.pool_id,
            fn=turn.register.fn,
            fence=lease.fence,
            documents=documents,
            lost=lost,
        )
        doubles_report(turn, doubles)

    documents_store(turn, documents, {}, prepare=prepare)


def _is_entered(turn: Turn, documents: Sequence[Document]) -> Callable[[Document], bool]:
    """Tells which of the documents a person has entered already, when the register was given up."""
    with within(turn.organisation_id):
        numbers = FiscalDocument.objects.filter(fn=turn.register.fn, fd__in=[document.fd for document in documents])
        entered = set(numbers.values_list("fd", flat=True))
    return lambda document: document.fd in entered


def _follow(turn: Turn, documents: list[Document]) -> None:
    """Raises `RegisterTrouble` when the journal has another document under a number that a person has entered."""
    lease = turn.lease
    followed = registers_sql.documents_follow(
        organisation_id=lease.organisation_id,
        register_id=lease.register_id,
        fn=turn.register.fn,
        fence=lease.fence,
        documents=documents,
    )
    if not followed:
        first, last = documents[0].fd, documents[-1].fd
        raise RegisterTrouble(
            "journal_other",
            f"Документы {first}–{last} в журнале кассы не те, что внесены вручную, когда её признали утраченной.",
        )
    lease.last_fd = documents[-1].fd


def _compare(turn: Turn, status: Status) -> None:
    """Raises `RegisterTrouble` when the device can't be the one whose documents we hold."""
    if status.fn != turn.register.fn:
        raise RegisterTrouble(
            "other_storage", f"В кассе стоит другой ФН ({status.fn}); проведите замену ФН в карточке кассы."
        )
    if status.last_fd < turn.lease.last_fd:
        raise RegisterTrouble(
            "journal_behind",
            f"Последний документ кассы {status.last_fd}, а у нас записан {turn.lease.last_fd}: журнал устройства "
            "потерян или подменён. Остановите кассу и обратитесь в поддержку.",
        )
