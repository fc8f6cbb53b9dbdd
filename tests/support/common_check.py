"""The common check after every run: what was sold, what the devices made, what we hold and what the operator holds.

Sum of receipts = sum of fiscal documents = sum at the operator; numbers without gaps; no document twice; every
record final or visibly waiting.
"""

from __future__ import annotations

from collections import Counter

import psycopg
from tests.support.world import Device, World

from openkassa.core.tenancy import within
from openkassa.fiscal.driver import Document, Status
from openkassa.kassa.fiscalisation.models import Attempt
from openkassa.kassa.receipts.models import Receipt, ReceiptState
from openkassa.kassa.registers.models import Acknowledgement, FiscalDocument

RECEIPT_FORMS = (3, 4, 31, 41)
FINAL_OR_WAITING = {"accepted", "fiscalised", "confirmed", "refused", "withdrawn"}


def common_check(world: World, operator: psycopg.Connection | None = None, *, strangers: int = 0) -> None:
    """Raises AssertionError with what differs. Devices must run; everything that is going to be made has been made.

    `strangers`: so many documents may belong to receipts that our database has lost.
    """
    with within(world.organisation_id):
        receipts = {receipt.id: receipt for receipt in Receipt.objects.all()}
        states = {state.receipt_id: state for state in ReceiptState.objects.all()}
        ours = list(FiscalDocument.objects.order_by("fn", "fd"))
        attempts = {attempt.id: attempt for attempt in Attempt.objects.all()}
        acknowledged = set(Acknowledgement.objects.values_list("document_id", flat=True))
    assert set(states) == set(receipts)
    assert {state.state for state in states.values()} <= FINAL_OR_WAITING, "a receipt is neither final nor waiting"
    assert {attempt.state for attempt in attempts.values()} <= {"made", "void"}, "an attempt is unresolved"

    sold = [document for document in ours if document.form in RECEIPT_FORMS]
    alone = [document for document in sold if document.task_id not in attempts]
    assert len(alone) == strangers, f"{len(alone)} documents have no receipt"
    known = [document for document in sold if document.task_id in attempts]
    made = [state for state in states.values() if state.state in ("fiscalised", "confirmed")]
    by_receipt = Counter(attempts[document.task_id].receipt_id for document in known)
    assert by_receipt == Counter(state.receipt_id for state in made), "a receipt has no document, or more than one"
    assert {document.id for document in known} == {state.document_id for state in made}
    assert {document.task_id for document in known} == {one.id for one in attempts.values() if one.state == "made"}
    assert sum(receipts[state.receipt_id].total for state in made) == sum(document.total for document in known)
    assert {state.document_id for state in made if state.state == "confirmed"} <= acknowledged
    for device in world.devices:
        _check_device(world, device, [document for document in ours if document.fn == device.fn], operator)


def _check_device(
    world: World, device: Device, ours: list[FiscalDocument], operator: psycopg.Connection | None
) -> None:
    status, theirs = _journal(world, device)
    assert [document.fd for document in theirs] == list(range(1, status.last_fd + 1)), "numbers have gaps"
    times = [document.local_time for document in theirs]
    assert times == sorted(times), "a document is earlier than the one before it"
    tasks = [document.task_id for document in theirs if document.task_id]
    assert len(tasks) == len(set(tasks)), "a task was made twice"
    assert [(d.fd, d.fiscal_sign, d.total) for d in ours] == [(d.fd, d.fiscal_sign, d.total) for d in theirs], (
        "our copy is not what the device's journal says"
    )
    if operator is not None:
        rows = operator.execute(
            "SELECT fd, fiscal_sign, total FROM ofd_archive_document WHERE fn = %s ORDER BY fd", [device.fn]
        ).fetchall()
        assert rows == [(d.fd, d.fiscal_sign, d.total) for d in theirs[: len(rows)]], "the operator holds others"
        assert len(rows) >= status.acknowledged_fd


def _journal(world: World, device: Device) -> tuple[Status, list[Document]]:
    driver = world.driver(device)
    status = driver.status()
    documents: list[Document] = []
    while len(documents) < status.last_fd:
        documents += driver.documents(from_fd=len(documents) + 1, limit=500)
    driver.close()
    return status, documents
