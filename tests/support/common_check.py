"""The common check after every run: what was sold, what the devices made, what we hold and what the operator holds.

Sum of receipts = sum of fiscal documents = sum at the operator; numbers without gaps; no document twice; every
record final or visibly waiting.
"""

from __future__ import annotations

from collections import Counter

import psycopg
from tests.support.world import World

from openkassa.core.tenancy import within
from openkassa.kassa.fiscalisation.models import Attempt
from openkassa.kassa.receipts.models import Receipt, ReceiptState
from openkassa.kassa.registers.drivers.emulator import DeviceConnection, EmulatorDriver
from openkassa.kassa.registers.models import Acknowledgement, FiscalDocument
from openkassa.kassa.registers.provision import device_secret

RECEIPT_FORMS = (3, 4, 31, 41)


def common_check(world: World, operator: psycopg.Connection | None = None) -> None:
    """Raises AssertionError with what differs. Devices must run; everything that is going to be made has been made."""
    with within(world.organisation_id):
        receipts = {receipt.id: receipt for receipt in Receipt.objects.all()}
        states = {state.receipt_id: state for state in ReceiptState.objects.all()}
        ours = list(FiscalDocument.objects.order_by("fn", "fd"))
        attempts = {attempt.id: attempt for attempt in Attempt.objects.all()}
        acknowledged = set(Acknowledgement.objects.values_list("document_id", flat=True))
    assert set(states) == set(receipts)
    assert {state.state for state in states.values()} <= {"accepted", "fiscalised", "confirmed", "refused", "withdrawn"}

    made = [state for state in states.values() if state.state in ("fiscalised", "confirmed")]
    by_receipt = Counter(attempts[document.task_id].receipt_id for document in ours if document.form in RECEIPT_FORMS)
    assert by_receipt == Counter(state.receipt_id for state in made), "a receipt has no document, or more than one"
    assert sum(receipts[state.receipt_id].total for state in made) == sum(
        document.total for document in ours if document.form in RECEIPT_FORMS
    )
    assert {state.document_id for state in made if state.state == "confirmed"} <= acknowledged
    for device in world.devices:
        _check_device(world, device, [document for document in ours if document.fn == device.fn], operator)


def _check_device(world: World, device, ours: list[FiscalDocument], operator: psycopg.Connection | None) -> None:
    driver = EmulatorDriver(DeviceConnection(device.listen, device_secret()), device.serial)
    status = driver.status()
    theirs = []
    while len(theirs) < status.last_fd:
        theirs += driver.documents(from_fd=len(theirs) + 1, limit=500)
    assert [document.fd for document in theirs] == list(range(1, status.last_fd + 1)), "numbers have gaps"
    assert [(d.fd, d.fiscal_sign, d.total) for d in ours] == [(d.fd, d.fiscal_sign, d.total) for d in theirs]
    if operator is not None:
        rows = operator.execute(
            "SELECT fd, fiscal_sign, total FROM ofd_archive_document WHERE fn = %s ORDER BY fd", [device.fn]
        ).fetchall()
        assert rows == [(d.fd, d.fiscal_sign, d.total) for d in theirs[: len(rows)]]
        assert len(rows) >= status.acknowledged_fd
