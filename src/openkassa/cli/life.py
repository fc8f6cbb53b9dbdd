"""The life of a receipt, from every place that has seen it."""

from __future__ import annotations

import datetime as dt
import uuid
from urllib.parse import urlsplit, urlunsplit

from openkassa.core.logs import mask
from openkassa.core.models import Notification
from openkassa.core.tenancy import all_tenants, within
from openkassa.kassa.fiscalisation.models import Attempt
from openkassa.kassa.receipts.models import Receipt, ReceiptState
from openkassa.kassa.receipts.selectors import receipt_callbacks, receipt_events, receipt_status
from openkassa.kassa.registers.drivers.base import DriverError
from openkassa.kassa.registers.models import Acknowledgement, CashRegister
from openkassa.kassa.registers.provision import driver_of

Step = tuple[str, str, str]  # when, who, what


def life_of_receipt(receipt_id: uuid.UUID) -> list[Step] | None:
    """Steps in order of time; None for an unknown receipt."""
    with all_tenants("a trace finds the organisation by the receipt's id"):
        receipt = Receipt.objects.filter(id=receipt_id).first()
    if receipt is None:
        return None
    organisation_id = receipt.organisation_id
    status = receipt_status(organisation_id, receipt_id)
    assert status is not None
    steps: list[Step] = [
        (
            _moment(receipt.accepted_at),
            "channel",
            f"{status.channel_kind} {status.channel_code}: external_id {status.external_id}, form {status.form},"
            f" operation {status.operation}, total {status.total} kopecks, {status.lines} lines",
        )
    ]
    steps += [("", "warning", warning) for warning in status.warnings]
    for event in receipt_events(organisation_id, receipt_id):
        steps.append((_moment(event.at), "receipt", f"{event.state} {event.data or ''}".strip()))
    with within(organisation_id):
        attempts = list(Attempt.objects.filter(receipt_id=receipt_id).order_by("id"))
        state = ReceiptState.objects.get(receipt_id=receipt_id)
        acknowledgement = (
            Acknowledgement.objects.filter(document_id=state.document_id).first() if state.document_id else None
        )
        copies = list(Notification.objects.filter(key__startswith=f"copy:{receipt_id}:"))
    for attempt in attempts:
        steps.append(
            (
                _moment(attempt.opened_at),
                "attempt",
                f"{attempt.id} at register {attempt.register_id}, ФН {attempt.fn}, fence {attempt.fence},"
                f" expected ФД {attempt.expected_fd}: {attempt.state} {attempt.reason}".rstrip(),
            )
        )
        steps.append(_device(organisation_id, attempt))
    if acknowledgement is not None:
        # Devices tell whole seconds: what they tell of comes after what led to it all the same.
        answered = max([acknowledgement.acknowledged_at, *(attempt.opened_at for attempt in attempts)])
        steps.append((_moment(answered), "operator", f"answered code {acknowledgement.code}"))
    for callback, deliveries in receipt_callbacks(organisation_id, receipt_id):
        steps.append(
            (_moment(callback.created_at), "callback", f"{callback.event} to {_place(callback.url)}: {callback.state}")
        )
        for delivery in reversed(deliveries):
            answer = delivery.status or delivery.error
            steps.append((_moment(delivery.at), "callback", f"answered {answer} in {delivery.milliseconds} ms"))
    for copy in copies:
        steps.append((_moment(copy.created_at), "copy", f"{copy.channel} to {mask(copy.recipient)}: {copy.state}"))
    return sorted(steps, key=lambda step: step[0])


def _device(organisation_id: uuid.UUID, attempt: Attempt) -> Step:
    """What the device's own journal says of an attempt."""
    with within(organisation_id):
        register = CashRegister.objects.get(id=attempt.register_id)
    try:
        document = driver_of(register).find_task(attempt.id.hex)
    except DriverError as error:
        return _moment(attempt.opened_at), "device", f"{register.serial} can't be asked: {error}"
    if document is None:
        return _moment(attempt.opened_at), "device", f"{register.serial} made nothing for this attempt"
    made = max(dt.datetime.fromtimestamp(document.utc_time, dt.UTC), attempt.opened_at)
    return _moment(made), "device", f"{register.serial} made ФД {document.fd}, ФПД {document.fiscal_sign}"


def _place(url: str) -> str:
    """An address without what may be secret in it: account and query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds")
