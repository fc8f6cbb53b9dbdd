"""A page of the archive reads about as many rows as it shows, however many the operator keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import connection
from tests.support import cleaning

from openkassa.core.clock import now
from openkassa.core.ids import uuid7
from openkassa.ofd.archive import selectors

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

STORAGES, DOCUMENTS = 100, 500
DOCUMENTS_OF_A_SHIFT = 100  # the first opens it, the last closes it
FN = "9999000000000001"
INN = "000000000001"
OWN = {"ofd_archive_document", "ofd_archive_documentbody", "ofd_archive_register"}
ROWS_OF_A_PAGE = 4 * selectors.PAGE  # a list of registers looks once for the last document of each

FILL = """
WITH ids AS MATERIALIZED (
    SELECT fn, fd, ('00000000000070008000' || lpad(to_hex(fd * %(storages)s + fn), 12, '0'))::uuid AS id
    FROM generate_series(1, %(storages)s) fn, generate_series(1, %(documents)s) fd
), registers AS (
    INSERT INTO ofd_archive_register (id, fn, rnm, inn, user_name, address, place, serial, ffd, report_fd,
        report_local_time, first_seen_at)
    SELECT id, '9999' || lpad(fn::text, 12, '0'), lpad(fn::text, 16, '0'), lpad(fn::text, 12, '0'), 'X', '', '', '1',
        4, 1, 1, %(at)s
    FROM ids WHERE fd = 1
), bodies AS (
    INSERT INTO ofd_archive_documentbody (document_id, container, acknowledgement, problems)
    SELECT id, '', '', '[]' FROM ids
)
INSERT INTO ofd_archive_document (id, fn, fd, form, ffd, shift, number, local_time, fiscal_sign, operation, total, inn,
    rnm, ack_code, received_at)
SELECT id, '9999' || lpad(fn::text, 12, '0'), fd, CASE fd %% %(shift)s WHEN 1 THEN 2 WHEN 0 THEN 5 ELSE 3 END, 4,
    (fd - 1) / %(shift)s + 1, 1, 1, 1, 1, 100, lpad(fn::text, 12, '0'), lpad(fn::text, 16, '0'),
    CASE WHEN fd = 7 THEN 14 ELSE 0 END, %(at)s
FROM ids
"""

PAGES: dict[str, Callable[[], object]] = {
    "a document": lambda: selectors.document_find(fn=FN, fd=77, fiscal_sign=1),
    "documents": selectors.document_list,
    "documents further on": lambda: selectors.document_list(after=str(uuid7())),
    "documents of a storage": lambda: selectors.document_list(fn=FN, after="300"),
    "documents of a user": lambda: selectors.document_list(inn=INN),
    "documents with faults": lambda: selectors.document_list(faulty=True),
    "shifts": lambda: selectors.shift_list(fn=FN),
    "a shift's documents": lambda: selectors.shift_documents(fn=FN, number=3),
    "registers": selectors.register_list,
    "a register by its number": lambda: selectors.register_list(query=FN),
    "registers of a user": lambda: selectors.register_list(query=INN),
}


@pytest.fixture
def full(db: None, superuser_url: str) -> Iterator[psycopg.Connection]:
    """An archive of many documents with fresh statistics, as its superuser."""
    with psycopg.connect(superuser_url, autocommit=True) as superuser:
        superuser.execute(
            FILL, {"storages": STORAGES, "documents": DOCUMENTS, "shift": DOCUMENTS_OF_A_SHIFT, "at": now()}
        )
        superuser.execute("VACUUM ANALYZE")
        yield superuser
        cleaning.empty(superuser, keep=cleaning.tables_with_rows(superuser) - OWN)


def rows_read(page: Callable[[], object]) -> int:
    """Rows that the scans of a page's statements give or throw away."""
    statements: list[tuple[str, tuple]] = []

    def heard(execute, sql, params, many, context):
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(heard):
        page()
    assert statements, "the page asked nothing"
    return sum(_rows(_plan(sql, params)) for sql, params in statements)


def _plan(sql: str, params: tuple) -> dict:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql, params)
        return cursor.fetchone()[0][0]["Plan"]


def _rows(plan: dict) -> int:
    parts = sum(_rows(part) for part in plan.get("Plans", ()))
    if "Relation Name" not in plan and "Index Name" not in plan:
        return parts
    return parts + plan["Actual Loops"] * (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))


def test_a_page_reads_about_what_it_shows(full: psycopg.Connection):
    found = {name: rows_read(page) for name, page in PAGES.items()}
    assert {name: rows for name, rows in found.items() if rows > ROWS_OF_A_PAGE} == {}


def test_without_its_index_a_page_of_faults_reads_the_documents_too(full: psycopg.Connection):
    definition = full.execute("SELECT pg_get_indexdef('document_faulty'::regclass)").fetchone()[0]
    full.execute("DROP INDEX document_faulty")
    try:
        assert rows_read(PAGES["documents with faults"]) > STORAGES * DOCUMENTS / 2
    finally:
        full.execute(definition)
