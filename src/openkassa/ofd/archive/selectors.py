"""Reads of the archive. Lists are paged by cursor: a page is one walk along an index, however many rows there are."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Generic, TypeVar

import msgspec
from django.db.models import IntegerField, OuterRef, QuerySet, Subquery

from openkassa.fiscal.ffd import tags
from openkassa.ofd.archive.models import Document, Register

PAGE = 50
SHIFT_FORMS = [tags.SHIFT_OPEN, tags.SHIFT_CLOSE]
MAX_FD = 2**31 - 1
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - till-local time has no zone

Row = TypeVar("Row")


class Page(msgspec.Struct, Generic[Row], frozen=True):
    rows: list[Row]
    next: str | None  # cursor of the following page


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """A shift of a register; what the archive doesn't have (yet) is None."""

    number: int
    opened: Document | None
    closed: Document | None


def local_time(document: Document) -> dt.datetime:
    """Time of the document by the clock of its till, without a zone."""
    return _EPOCH + dt.timedelta(seconds=document.local_time)


def document_find(*, fn: str, fd: int, fiscal_sign: int | None) -> Document | None:
    """The document with its bytes; with a fiscal sign only when it is that one.

    An unknown document and a wrong sign take the same way through the index, so they can't be told apart by time.
    """
    found = Document.objects.select_related("body").filter(fn=fn, fd=fd)
    if fiscal_sign is not None:
        found = found.filter(fiscal_sign=fiscal_sign)
    return found.first()


def document_list(
    *, fn: str | None = None, inn: str | None = None, faulty: bool = False, after: str = ""
) -> Page[Document]:
    """Documents, the newest first: of one storage by number, else in the order in which they came."""
    rows = Document.objects.all()
    if fn is not None:
        fd = _cursor_number(after)
        rows = rows.filter(fn=fn, **({"fd__lt": fd} if fd is not None else {})).order_by("-fd")
        if faulty:
            rows = rows.exclude(ack_code=0)
        return _page(rows, lambda row: str(row.fd))
    if inn:
        rows = rows.filter(inn=inn)
    if faulty:
        rows = rows.exclude(ack_code=0)
    identity = _cursor_id(after)
    if identity is not None:
        rows = rows.filter(id__lt=identity)
    return _page(rows.order_by("-id"), lambda row: str(row.id))


def shift_documents(*, fn: str, number: int, after: str = "") -> Page[Document]:
    """Documents of one shift in order. The shift's reports bound the walk along the index of numbers."""
    first, last = _bounds(fn, number)
    if first is None:
        return Page([], None)
    start = max(first, (_cursor_number(after) or 0) + 1)
    rows = Document.objects.filter(fn=fn, fd__gte=start, fd__lte=last, shift=number).order_by("fd")
    return _page(rows, lambda row: str(row.fd))


def shift_list(*, fn: str, after: str = "") -> Page[Shift]:
    """Shifts of a storage, the newest first."""
    reports = Document.objects.filter(fn=fn, form__in=SHIFT_FORMS).order_by("-fd")
    fd = _cursor_number(after)
    if fd is not None:
        reports = reports.filter(fd__lt=fd)
    shifts: dict[int, dict[int, Document]] = {}
    for report in reports[: 2 * PAGE + 2]:
        shifts.setdefault(report.shift, {})[report.form] = report
    rows = [
        Shift(number=number, opened=forms.get(tags.SHIFT_OPEN), closed=forms.get(tags.SHIFT_CLOSE))
        for number, forms in shifts.items()
    ]
    if len(rows) <= PAGE:
        return Page(rows, None)
    last = rows[PAGE - 1]
    oldest = last.opened or last.closed
    return Page(rows[:PAGE], str(oldest.fd) if oldest else None)


def shift_find(*, fn: str, number: int) -> Shift | None:
    forms = {report.form: report for report in Document.objects.filter(fn=fn, form__in=SHIFT_FORMS, shift=number)}
    if not forms:
        return None
    return Shift(number=number, opened=forms.get(tags.SHIFT_OPEN), closed=forms.get(tags.SHIFT_CLOSE))


def register_find(*, fn: str) -> Register | None:
    return _with_last(Register.objects.filter(fn=fn)).first()


def register_list(*, query: str = "", after: str = "") -> Page[Register]:
    """Registers, the newest first, with `last_fd` and `last_received_at`.

    `query` is a whole number of storage or register (16 digits), an ИНН (10 or 12), or part of the user's name.
    """
    rows = Register.objects.all()
    query = query.strip()
    if query.isdecimal() and query.isascii() and len(query) == 16:
        rows = rows.filter(fn=query) | rows.filter(rnm=query)
    elif query.isdecimal() and query.isascii() and len(query) in (10, 12):
        rows = rows.filter(inn=query)
    elif query:
        rows = rows.filter(user_name__icontains=query)
    identity = _cursor_id(after)
    if identity is not None:
        rows = rows.filter(id__lt=identity)
    return _page(_with_last(rows).order_by("-id"), lambda row: str(row.id))


def _with_last(rows: QuerySet[Register]) -> QuerySet[Register]:
    last = Document.objects.filter(fn=OuterRef("fn")).order_by("-fd")
    return rows.annotate(
        last_fd=Subquery(last.values("fd")[:1], output_field=IntegerField()),
        last_received_at=Subquery(last.values("received_at")[:1]),
    )


def _bounds(fn: str, number: int) -> tuple[int | None, int]:
    shift = shift_find(fn=fn, number=number)
    if shift is None:
        return None, 0
    first = shift.opened.fd if shift.opened else 1
    return first, shift.closed.fd if shift.closed else MAX_FD


def _page(rows: QuerySet, cursor) -> Page:
    found = list(rows[: PAGE + 1])
    following = cursor(found[PAGE - 1]) if len(found) > PAGE else None
    return Page(found[:PAGE], following)


def _cursor_number(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else None


def _cursor_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
