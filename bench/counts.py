"""`python -m bench.counts [registers]`: receipts by state, or the number of registers that work, as JSON."""

from __future__ import annotations

import json
import sys

import django

django.setup()

from django.db import connection  # noqa: E402

QUERIES = {
    "registers": "SELECT count(*) FROM kassa_registers_cashregister WHERE state = 'working'",
    "states": "SELECT json_object_agg(state, count) FROM"
    " (SELECT state, count(*) FROM kassa_receipts_receiptstate GROUP BY state) AS s",
}

with connection.cursor() as cursor:
    cursor.execute(QUERIES["registers" if sys.argv[1:] else "states"])
    value = cursor.fetchone()[0]
    print(json.dumps({} if value is None else value))
