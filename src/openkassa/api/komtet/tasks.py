"""Tasks: a receipt as Komtet Kassa tells of it, in answers and in callbacks."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from openkassa.kassa.receipts.selectors import DocumentFacts, ReceiptStatus

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  till-local time has no zone


def queue_number(code: str) -> int | str:
    """The queue's id as clients know it: a number where it looks like one."""
    return int(code) if code.isascii() and code.isdigit() and len(code) < 16 and code[0] != "0" else code


def new_task(receipt_id: uuid.UUID, external_id: str, queue: str, warnings: tuple[str, ...]) -> dict[str, Any]:
    """The answer to a check that was taken."""
    task: dict[str, Any] = {
        "id": str(receipt_id),
        "external_id": external_id,
        "print_queue_id": queue_number(queue),
        "state": "new",
    }
    return task | {"warnings": list(warnings)} if warnings else task


def task(status: ReceiptStatus) -> dict[str, Any]:
    """A task in its present state. "error" says that there is no receipt and will be none."""
    gone = status.state in ("refused", "withdrawn")
    done = status.is_fiscalised and status.document is not None
    return {
        **new_task(status.receipt_id, status.external_id, status.channel_code, status.warnings),
        "state": "done" if done else "error" if gone else "new",
        "error_description": (status.error_text or "Касса не приняла чек") if gone else None,
        "fiscal_data": _fiscal_data(status, status.document) if done and status.document is not None else None,
    }


def _fiscal_data(status: ReceiptStatus, document: DocumentFacts) -> dict[str, Any]:
    made = _EPOCH + dt.timedelta(seconds=document.local_time)
    return {
        "i": str(document.fd),
        "fn": document.fn,
        "t": made.strftime("%Y%m%dT%H%M"),
        "n": status.operation,
        "fp": str(document.fiscal_sign),
        "s": f"{status.total // 100}.{status.total % 100:02}",
        "sn": document.serial,
        "rn": document.rnm,
    }
