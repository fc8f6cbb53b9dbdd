"""What `kassa retention` forgets: which rows have had their time, and what goes with each.

Ids are UUIDv7, so rows older than a moment are those below an id: `expired` walks along a primary key and asks the
row's own time besides. It looks into every organisation and changes nothing; the statements of `erase` change the
rows of one organisation.
"""

from __future__ import annotations

from dataclasses import dataclass

FISCAL_RULE = "fiscal_documents"


@dataclass(frozen=True)
class Kind:
    """`expired` takes `after`, `below` (ids), `before` (a moment) and `limit`, and gives (organisation, id).

    The statements of `erase` take `organisation_id` and `ids`; the last one counts.
    """

    rule: str
    title: str
    expired: str
    erase: tuple[str, ...]


def _plain(table: str, moment: str, condition: str = "true") -> str:
    return (
        f"SELECT organisation_id, id FROM {table} WHERE id > %(after)s AND id < %(below)s"  # noqa: S608
        f" AND {moment} < %(before)s AND {condition} ORDER BY id LIMIT %(limit)s"
    )


def _delete(table: str, column: str = "id") -> str:
    return f"DELETE FROM {table} WHERE organisation_id = %(organisation_id)s AND {column} = ANY(%(ids)s)"  # noqa: S608


def _delete_documents_of(table: str, column: str) -> str:
    """The documents of receipts."""
    return (
        f"DELETE FROM {table} WHERE organisation_id = %(organisation_id)s AND {column} IN"  # noqa: S608
        " (SELECT document_id FROM kassa_receipts_receiptstate"
        " WHERE organisation_id = %(organisation_id)s AND receipt_id = ANY(%(ids)s))"
    )


# A sale stays as long as a refund or correction that refers to it.
EXPIRED_RECEIPTS = """
SELECT r.organisation_id, r.id FROM kassa_receipts_receipt r
JOIN kassa_receipts_receiptstate s ON s.receipt_id = r.id AND s.organisation_id = r.organisation_id
WHERE r.id > %(after)s AND r.id < %(below)s AND s.changed_at < %(before)s
    AND s.state IN ('confirmed', 'refused', 'withdrawn')
    AND NOT EXISTS (SELECT 1 FROM kassa_receipts_receipt x
        WHERE x.organisation_id = r.organisation_id AND x.refers_to_id = r.id)
ORDER BY r.id LIMIT %(limit)s
"""

# Reports, and documents whose receipt our database has lost. What the operator has not answered stays.
EXPIRED_DOCUMENTS = """
SELECT d.organisation_id, d.id FROM kassa_registers_fiscaldocument d
WHERE d.id > %(after)s AND d.id < %(below)s AND d.made_at < %(before)s
    AND EXISTS (SELECT 1 FROM kassa_registers_acknowledgement a WHERE a.document_id = d.id)
    AND NOT EXISTS (SELECT 1 FROM kassa_fiscalisation_attempt t
        WHERE t.id = d.task_id AND t.organisation_id = d.organisation_id)
ORDER BY d.id LIMIT %(limit)s
"""

EXPIRED_CONTACTS = """
SELECT c.organisation_id, c.receipt_id FROM kassa_receipts_receiptcontact c
JOIN kassa_receipts_receiptstate s ON s.receipt_id = c.receipt_id AND s.organisation_id = c.organisation_id
WHERE c.receipt_id > %(after)s AND c.receipt_id < %(below)s AND s.changed_at < %(before)s
    AND s.state NOT IN ('accepted', 'assigned', 'in_doubt')
ORDER BY c.receipt_id LIMIT %(limit)s
"""

# One that was sent again by hand stays as long as its last delivery.
EXPIRED_CALLBACKS = """
SELECT c.organisation_id, c.id FROM kassa_receipts_callback c
WHERE c.id > %(after)s AND c.id < %(below)s AND c.created_at < %(before)s AND c.state <> 'waiting'
    AND NOT EXISTS (SELECT 1 FROM kassa_receipts_callbackdelivery d
        WHERE d.organisation_id = c.organisation_id AND d.callback_id = c.id AND d.at >= %(before)s)
ORDER BY c.id LIMIT %(limit)s
"""

ERASE_CALLBACKS_OF_RECEIPTS = (
    """
    DELETE FROM kassa_receipts_callbackdelivery WHERE organisation_id = %(organisation_id)s AND callback_id IN
        (SELECT id FROM kassa_receipts_callback
         WHERE organisation_id = %(organisation_id)s AND receipt_id = ANY(%(ids)s))
    """,
    _delete("kassa_receipts_callback", "receipt_id"),
)

ERASE_RECIPIENTS = """
UPDATE core_notification SET recipient = '' WHERE organisation_id = %(organisation_id)s AND id = ANY(%(ids)s)
"""

KINDS = (
    Kind("request_keys", "keys of requests", _plain("api_requestkey", "created_at"), (_delete("api_requestkey"),)),
    Kind("callbacks", "callbacks with their deliveries", EXPIRED_CALLBACKS, (
        _delete("kassa_receipts_callbackdelivery", "callback_id"),
        _delete("kassa_receipts_callback"),
    )),
    Kind("contacts", "buyers' contacts", EXPIRED_CONTACTS, (_delete("kassa_receipts_receiptcontact", "receipt_id"),)),
    Kind(
        "contacts",
        "recipients of sent messages",
        _plain("core_notification", "created_at", "recipient <> '' AND state <> 'waiting'"),
        (ERASE_RECIPIENTS,),
    ),
    Kind(
        "notifications", "messages", _plain("core_notification", "created_at"), (_delete("core_notification"),)
    ),
    Kind(FISCAL_RULE, "receipts with their documents", EXPIRED_RECEIPTS, (
        _delete_documents_of("kassa_registers_documentcontainer", "document_id"),
        _delete_documents_of("kassa_registers_acknowledgement", "document_id"),
        _delete_documents_of("kassa_registers_fiscaldocument", "id"),
        *ERASE_CALLBACKS_OF_RECEIPTS,
        _delete("kassa_receipts_prepaymentuse", "receipt_id"),
        _delete("kassa_receipts_prepayment", "receipt_id"),
        _delete("kassa_receipts_receiptcontact", "receipt_id"),
        _delete("kassa_receipts_receiptcontent", "receipt_id"),
        _delete("kassa_receipts_receiptevent", "receipt_id"),
        _delete("kassa_fiscalisation_attempt", "receipt_id"),
        _delete("kassa_receipts_receiptstate", "receipt_id"),
        _delete("kassa_receipts_receipt"),
    )),
    Kind(FISCAL_RULE, "reports of registers", EXPIRED_DOCUMENTS, (
        _delete("kassa_registers_documentcontainer", "document_id"),
        _delete("kassa_registers_acknowledgement", "document_id"),
        _delete("kassa_registers_fiscaldocument"),
    )),
    Kind(
        FISCAL_RULE,
        "commands to registers",
        _plain("kassa_registers_registercommand", "created_at", "state IN ('done', 'failed')"),
        (_delete("kassa_registers_registercommand"),),
    ),
    Kind(
        FISCAL_RULE,
        "events of registers",
        _plain("kassa_registers_registerevent", "at"),
        (_delete("kassa_registers_registerevent"),),
    ),
)  # fmt: skip

REQUESTS = "kassa_receipts_receiptrequest"  # goes by months: see core.partitions
COUNTERS = "core_attemptcounter"
SESSIONS = "django_session"
