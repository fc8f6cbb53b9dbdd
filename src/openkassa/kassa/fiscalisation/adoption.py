"""Documents whose attempts our database has lost, and the receipts that they are documents of.

A database that was restored to an older point knows receipts as waiting which a device has long made into documents.
The task in the device's journal names an attempt that is gone, so such a document is known by its content: what we
gave to the device is in the document word for word. Receipts of one content are alike before the law, so each document
is taken for the oldest of them; with as many documents as receipts nothing is made twice. A document of which no
receipt is left stays alone, and `reconcile` shows it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict, deque
from collections.abc import Sequence
from struct import Struct

import structlog

from openkassa.core.clock import now
from openkassa.fiscal.driver import Document
from openkassa.fiscal.fn.check_results import fields as _fields
from openkassa.fiscal.fn.check_results import without_results
from openkassa.fiscal.fn.content import OWN_TAGS
from openkassa.fiscal.wire.container import Container
from openkassa.kassa.fiscalisation import adoption_sql, reasons, sql

RECEIPT_FORMS = (3, 4, 31, 41)
STORAGE_TAGS = OWN_TAGS | {1209}  # what a storage or register adds to the content
_FIELD = Struct("<HH")

log = structlog.get_logger(__name__)


def receipts_match(
    *,
    organisation_id: uuid.UUID,
    register_id: uuid.UUID,
    pool_id: uuid.UUID,
    fn: str,
    fence: int,
    documents: Sequence[Document],
    lost: list[uuid.UUID],
) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Gives documents without an attempt an open one of a waiting receipt with their content; (attempt, receipt).

    `lost`: attempts that the device has certainly not made; their receipts count as waiting, and an attempt that is
    replaced is taken out of the list. Call it in the transaction that records the documents.
    """
    tasks = {uuid.UUID(one.task_id): one for one in documents if one.form in RECEIPT_FORMS and one.task_id}
    known = adoption_sql.attempts_known(organisation_id=organisation_id, attempt_ids=list(tasks))
    orphans = sorted((one for task, one in tasks.items() if task not in known), key=lambda one: one.fd)
    if not orphans:
        return []
    waiting = _waiting(organisation_id, pool_id, [one.total for one in orphans], lost)
    matched, replaced = [], []
    for document in orphans:
        alike = waiting.get(_document_digest(document))
        if not alike:
            log.warning("document_without_receipt", fn=fn, fd=document.fd, task=document.task_id)
            continue
        receipt_id, attempt_id = alike.popleft()
        matched.append((uuid.UUID(document.task_id), receipt_id, document.fd))
        if attempt_id is not None:
            replaced.append(attempt_id)
            lost.remove(attempt_id)
    at = now()
    sql.attempts_return(organisation_id=organisation_id, attempt_ids=replaced, reason=reasons.MADE_BY_ANOTHER, at=at)
    adoption_sql.attempts_adopt(
        organisation_id=organisation_id, register_id=register_id, fn=fn, fence=fence, matched=matched, at=at
    )
    return [(attempt_id, receipt_id) for attempt_id, receipt_id, _ in matched]


def content_digest(form: int, operation: int, total: int, fields: bytes) -> bytes:
    """SHA-256 of what a seller asked for: fields of the first level, without those that a storage adds."""
    own = b"".join(without_results(tag, field) for tag, field in _fields(fields) if tag not in STORAGE_TAGS)
    return hashlib.sha256(b"%d %d %d " % (form, operation, total) + own).digest()


def _document_digest(document: Document) -> bytes:
    fields = Container.parse(document.container).document[_FIELD.size :]
    return content_digest(document.form, document.operation, document.total, fields)


def _waiting(
    organisation_id: uuid.UUID, pool_id: uuid.UUID, totals: list[int], lost: list[uuid.UUID]
) -> dict[bytes, deque[tuple[uuid.UUID, uuid.UUID | None]]]:
    """Digest → (receipt, its lost attempt) of the receipts that could have been made, oldest first."""
    found: defaultdict[bytes, deque[tuple[uuid.UUID, uuid.UUID | None]]] = defaultdict(deque)
    for receipt_id, attempt_id, form, operation, total, content in adoption_sql.receipts_adoptable(
        organisation_id=organisation_id, pool_id=pool_id, totals=totals, lost=lost
    ):
        found[content_digest(form, operation, total, bytes(content))].append((receipt_id, attempt_id))
    return found
