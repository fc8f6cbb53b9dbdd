"""`python -m bench.fill COUNT ORGANISATION`: copies of a confirmed receipt, spread over the time before now.

Works as the superuser of the embedded server, without triggers and foreign keys, so that rows can be stored in their
final state and quickly. Each copy has numbers, times and sums of its own, here and at the operator.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg

from openkassa.cli.postgres import SUPERUSER
from openkassa.core.databases import embedded_url
from openkassa.core.settings import settings

STEP = 50_000
AT_ONCE = 2
SPACING_MS = 30
FIRST_STORAGE = 9999_5000_0000_0000
REGISTERS = 20  # storages that the documents are spread over
NAMES = ("receipt", "document", "attempt", "copy", "event_1", "event_2", "event_3", "event_4")
STATES = ("accepted", "assigned", "fiscalised", "confirmed")

# A UUIDv7 of a moment in milliseconds, its random part from a digest of `salt` and the row's number.
UUID = (
    "(SELECT (substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7' || substr(m, 1, 3) || '-8' || substr(m, 4, 3) || '-'"
    " || substr(m, 7, 12))::uuid FROM (SELECT lpad(to_hex(ms), 12, '0') AS h, md5('{name}' || g) AS m) AS parts)"
)
ROWS = f"""
CREATE TEMP TABLE filled ON COMMIT DROP AS
SELECT g, to_timestamp(ms / 1000.0) AS at, 1000 + (g * 7919) %% 5000000 AS total,
    ({FIRST_STORAGE} + g %% {REGISTERS})::text AS fn, g / {REGISTERS} + 1 AS fd,
    {", ".join(f"{UUID.format(name=name)} AS {name}" for name in NAMES)}
FROM (SELECT g, %(start)s::bigint + g * {SPACING_MS} AS ms FROM generate_series(%(first)s::bigint, %(last)s) g) AS rows
"""
# table, which row is copied, what each copy has instead
NUMBERS = {"fn": "f.fn", "fd": "f.fd"}
RECEIPT = {"receipt_id": "f.receipt"}
KASSA = (
    (
        "kassa_receipts_receipt",
        "id = %(receipt)s",
        {
            "id": "f.receipt",
            "external_key": "'fill-' || f.g",
            "external_id": "'fill-' || f.g",
            "accepted_at": "f.at",
            "total": "f.total",
        },
    ),
    ("kassa_receipts_receiptcontent", "receipt_id = %(receipt)s", RECEIPT),
    ("kassa_receipts_receiptrequest", "receipt_id = %(receipt)s", {**RECEIPT, "accepted_at": "f.at"}),
    ("kassa_receipts_receiptcontact", "receipt_id = %(receipt)s", RECEIPT),
    (
        "kassa_receipts_receiptstate",
        "receipt_id = %(receipt)s",
        {**RECEIPT, **NUMBERS, "document_id": "f.document", "changed_at": "f.at"},
    ),
    (
        "kassa_fiscalisation_attempt",
        "receipt_id = %(receipt)s AND state = 'made'",
        {**RECEIPT, **NUMBERS, "id": "f.attempt", "expected_fd": "f.fd", "opened_at": "f.at", "closed_at": "f.at"},
    ),
    (
        "kassa_registers_fiscaldocument",
        "id = %(document)s",
        {**NUMBERS, "id": "f.document", "task_id": "f.attempt", "total": "f.total", "made_at": "f.at"},
    ),
    ("kassa_registers_documentcontainer", "document_id = %(document)s", {"document_id": "f.document"}),
    ("kassa_registers_acknowledgement", "document_id = %(document)s", {"document_id": "f.document"}),
    (
        "core_notification",
        "key LIKE 'copy:' || %(receipt)s || ':%%'",
        {
            "id": "f.copy",
            "key": "'copy:' || f.receipt || ':email'",
            "state": "'sent'",
            "sent_at": "f.at",
            "next_at": "f.at",
            "created_at": "f.at",
        },
    ),
    *(
        (
            "kassa_receipts_receiptevent",
            f"receipt_id = %(receipt)s AND state = '{state}'",
            {**RECEIPT, "id": f"f.event_{number}", "at": "f.at"},
        )
        for number, state in enumerate(STATES, start=1)
    ),
)
OPERATOR = (
    (
        "ofd_archive_document",
        "id = %(document)s",
        {**NUMBERS, "id": "f.document", "total": "f.total", "received_at": "f.at"},
    ),
    ("ofd_archive_documentbody", "document_id = %(document)s", {"document_id": "f.document"}),
)
RECEIPT_OF = (
    "SELECT receipt_id, document_id FROM kassa_receipts_receiptstate"
    " WHERE organisation_id = %s AND state = 'confirmed' LIMIT 1"
)


def main(count: int, organisation: str) -> None:
    with _connect("kassa") as kassa, _connect("ofd") as operator:
        receipt, document = kassa.execute(RECEIPT_OF, [organisation]).fetchone()
        theirs = operator.execute("SELECT id FROM ofd_archive_document WHERE form = 3 LIMIT 1").fetchone()[0]
    start = int(time.time() * 1000) - (count + 1) * SPACING_MS - 60_000
    steps = [(first, min(first + STEP - 1, count), start) for first in range(1, count + 1, STEP)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        work = [pool.submit(_fill, "kassa", KASSA, step, receipt, document) for step in steps]
        work += [pool.submit(_fill, "ofd", OPERATOR, step, None, theirs) for step in steps]
        for one in work:
            one.result()
    for database in ("kassa", "ofd"):
        with _connect(database) as connection:
            connection.execute("VACUUM ANALYZE")


def _connect(database: str) -> psycopg.Connection:
    connection = psycopg.connect(embedded_url(settings(), SUPERUSER, database), autocommit=True)
    connection.execute("SET session_replication_role = replica")
    connection.execute("SET synchronous_commit = off")
    return connection


def _fill(database: str, tables: tuple, step: tuple[int, int, int], receipt, document) -> None:
    first, last, start = step
    with _connect(database) as connection, connection.transaction():
        connection.execute(ROWS, {"first": first, "last": last, "start": start})
        for table, where, instead in tables:
            columns = [
                row[0]
                for row in connection.execute(
                    "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
                    " ORDER BY attnum",
                    [table],
                )
            ]
            values = ", ".join(instead.get(column, f"one.{column}") for column in columns)
            connection.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}"
                f" FROM filled f, (SELECT * FROM {table} WHERE {where} LIMIT 1) AS one",
                {"receipt": receipt, "document": document},
            )


main(int(sys.argv[1]), sys.argv[2])
