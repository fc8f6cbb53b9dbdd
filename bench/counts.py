"""`python -m bench.counts`: answers questions about the receipts, a line each, as JSON, until its input ends.

`progress`: how many wait or are with a register, and how many documents the registers have made and had confirmed,
from small indexes and rows. `registers`: how many work.
"""

from __future__ import annotations

import json
import sys

import django

django.setup()

from django.db import connection  # noqa: E402

QUERIES = {
    "registers": "SELECT count(*) FROM kassa_registers_cashregister WHERE state = 'working'",
    "progress": "SELECT json_build_object('backlog', (SELECT count(*) FROM kassa_receipts_receiptstate"
    " WHERE state = 'accepted') + (SELECT count(*) FROM kassa_receipts_receiptstate"
    " WHERE state IN ('assigned', 'in_doubt')), 'made', sum(last_fd), 'confirmed', sum(acknowledged_fd))"
    " FROM kassa_registers_registerstatus",
}

for line in sys.stdin:
    with connection.cursor() as cursor:
        cursor.execute(QUERIES[line.strip()])
        print(json.dumps(cursor.fetchone()[0]), flush=True)
