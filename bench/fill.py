"""`python -m bench.fill COUNT ORGANISATION`: copies of a confirmed receipt, spread over the time before now.

Runs as the owner of the tables: rows are stored in their final state, which the state machines refuse to others.
"""

from __future__ import annotations

import sys
import time

import django

django.setup()

from django.db import connection, transaction  # noqa: E402

STEP = 100_000
SPACING_MS = 30
TABLES = (
    "kassa_receipts_receipt",
    "kassa_receipts_receiptstate",
    "kassa_fiscalisation_attempt",
)
# A UUIDv7 of a moment in milliseconds, its random part from a digest of `salt` and the row's number.
UUID = (
    "(substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7' || substr(m, 1, 3) || '-8' || substr(m, 4, 3) || '-'"
    " || substr(m, 7, 12))::uuid"
)
ROWS = f"""
CREATE TEMP TABLE filled ON COMMIT DROP AS
SELECT g, ms, {{ids}}
FROM (SELECT g, %(start)s::bigint + g * {SPACING_MS} AS ms FROM generate_series(%(first)s, %(last)s) g) AS rows
"""
NAMES = ("receipt", "document", "attempt", "event_1", "event_2", "event_3", "event_4")

STATEMENTS = (
    """INSERT INTO kassa_receipts_receipt SELECT (jsonb_populate_record(r, jsonb_build_object('id', f.receipt,
        'external_key', 'fill-' || f.g, 'external_id', 'fill-' || f.g, 'accepted_at', to_timestamp(f.ms / 1000.0)))).*
        FROM filled f, kassa_receipts_receipt r WHERE r.id = %(receipt)s""",
    """INSERT INTO kassa_receipts_receiptcontent (receipt_id, organisation_id, content, draft)
        SELECT f.receipt, c.organisation_id, c.content, c.draft FROM filled f, kassa_receipts_receiptcontent c
        WHERE c.receipt_id = %(receipt)s""",
    """INSERT INTO kassa_receipts_receiptrequest (receipt_id, organisation_id, accepted_at, body)
        SELECT f.receipt, q.organisation_id, to_timestamp(f.ms / 1000.0), q.body
        FROM filled f, kassa_receipts_receiptrequest q WHERE q.receipt_id = %(receipt)s""",
    """INSERT INTO kassa_receipts_receiptcontact (receipt_id, organisation_id, email, phone, buyer, language)
        SELECT f.receipt, c.organisation_id, c.email, c.phone, c.buyer, c.language
        FROM filled f, kassa_receipts_receiptcontact c WHERE c.receipt_id = %(receipt)s""",
    """INSERT INTO kassa_registers_fiscaldocument SELECT (jsonb_populate_record(d, jsonb_build_object('id', f.document,
        'fn', '9999000000000000', 'fd', f.g, 'task_id', f.attempt))).*
        FROM filled f, kassa_registers_fiscaldocument d WHERE d.id = %(document)s""",
    """INSERT INTO kassa_registers_documentcontainer (document_id, organisation_id, container)
        SELECT f.document, c.organisation_id, c.container FROM filled f, kassa_registers_documentcontainer c
        WHERE c.document_id = %(document)s""",
    """INSERT INTO kassa_registers_acknowledgement (document_id, organisation_id, code, acknowledged_at, container)
        SELECT f.document, a.organisation_id, a.code, a.acknowledged_at, a.container
        FROM filled f, kassa_registers_acknowledgement a WHERE a.document_id = %(document)s""",
    """INSERT INTO kassa_fiscalisation_attempt SELECT (jsonb_populate_record(a, jsonb_build_object('id', f.attempt,
        'receipt_id', f.receipt, 'fn', '9999000000000000', 'fd', f.g))).*
        FROM filled f, kassa_fiscalisation_attempt a WHERE a.receipt_id = %(receipt)s AND a.state = 'made'""",
    """INSERT INTO kassa_receipts_receiptstate SELECT (jsonb_populate_record(s, jsonb_build_object(
        'receipt_id', f.receipt, 'document_id', f.document, 'fn', '9999000000000000', 'fd', f.g))).*
        FROM filled f, kassa_receipts_receiptstate s WHERE s.receipt_id = %(receipt)s""",
    *(
        f"""INSERT INTO kassa_receipts_receiptevent (id, organisation_id, receipt_id, state, at, data)
        SELECT f.event_{number}, e.organisation_id, f.receipt, e.state, e.at, e.data
        FROM filled f, kassa_receipts_receiptevent e WHERE e.receipt_id = %(receipt)s AND e.state = '{state}'"""
        for number, state in enumerate(("accepted", "assigned", "fiscalised", "confirmed"), start=1)
    ),
)


def main(count: int, organisation: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT receipt_id, document_id FROM kassa_receipts_receiptstate"
            " WHERE organisation_id = %s AND state = 'confirmed' LIMIT 1",
            [organisation],
        )
        receipt, document = cursor.fetchone()
    start = int(time.time() * 1000) - (count + 1) * SPACING_MS - 60_000
    for first in range(1, count + 1, STEP):
        values = {"first": first, "last": min(first + STEP - 1, count), "start": start}
        with transaction.atomic(), connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(ROWS.format(ids=", ".join(map(_id, NAMES))), values)
            for statement in STATEMENTS:
                cursor.execute(statement, {"receipt": receipt, "document": document})
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _id(name: str) -> str:
    h, m = "lpad(to_hex(ms), 12, '0')", f"md5('{name}' || g)"
    return f"(SELECT {UUID} FROM (SELECT {h} AS h, {m} AS m) AS parts) AS {name}"


main(int(sys.argv[1]), sys.argv[2])
