"""No page of receipts reads a whole table of a tenant: the database has an index for each list."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext


def plan(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + query)
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize("text", ["order-1", "17"])
def test_search_reads_receipts_and_documents_by_index_alone(shop, text):
    """With sequential scans made dear, one that is still planned has no index to take instead."""
    from openkassa.web.search import receipts_find

    shop.world.sell("order-1")
    with CaptureQueriesContext(
        connection,
    ) as captured:
        receipts_find(shop.organisation_id, text)
    big = ("kassa_receipts_receipt", "kassa_registers_fiscaldocument", "kassa_fiscalisation_attempt")
    seen = 0
    for query in captured.captured_queries:
        if any(f'FROM "{table}"' in query["sql"] for table in big):
            seen += 1
            assert "Seq Scan" not in plan(query["sql"]), query["sql"]
    assert seen


def test_the_guard_above_sees_a_table_without_an_index(shop):
    assert "Seq Scan" in plan("SELECT * FROM kassa_receipts_receipt WHERE external_id = 'x'")
