"""The printed form of documents: rows that text, HTML and PDF templates share, and text of 58 mm and 80 mm paper.

What has to be printed follows the columns "П" of the order ЕД-7-20/662@ and article 4.7 of 54-ФЗ; names are short
forms in use. The QR string is a row of its own: at least 20 × 20 mm on paper.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from ..identifiers import roubles
from . import vat
from .codes import AGENTS, KINDS, MARKED_KINDS, MEASURES, METHODS, OPERATIONS, TAXATION
from .marks import sign
from .printed_report import report_rows
from .qr import ReceiptQR
from .reader import Document
from .rows import Row, center, local_time, pair, rule, text
from .tags import CORRECTION_FORMS, RECEIPT_FORMS, TAGS
from .tlv import Pairs, Value, all_of, first

WIDTH_58: Final = 32  # characters of a line on paper of 58 mm
WIDTH_80: Final = 48

TITLES: Final = {
    3: "КАССОВЫЙ ЧЕК",
    4: "БЛАНК СТРОГОЙ ОТЧЕТНОСТИ",
    31: "КАССОВЫЙ ЧЕК КОРРЕКЦИИ",
    41: "БСО КОРРЕКЦИИ",
}
_PAID: Final = {
    1031: "НАЛИЧНЫМИ",
    1081: "БЕЗНАЛИЧНЫМИ",
    1215: "ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА (АВАНС)",
    1216: "ПОСЛЕДУЮЩАЯ ОПЛАТА (КРЕДИТ)",
    1217: "ИНАЯ ФОРМА ОПЛАТЫ",
}
_CODE_OF_TAG: Final = {tag: code for code, tag in vat.TOTAL_TAGS.items()}


class PrintedReceipt(NamedTuple):
    """Rows of a printed document in order; `qr` is the string of its QR code, None for reports."""

    title: str
    rows: tuple[Row, ...]
    qr: str | None


def printed(document: Document, controls: Mapping[int, str] | None = None) -> PrintedReceipt:
    """The printed form of a receipt, correction or report. Takes documents that `presence.check` accepts;
    what is absent is left out.

    `controls`: tag 2115 of lines by their index. It is printed only, so no document holds it."""
    if document.form not in RECEIPT_FORMS:
        title = TAGS[document.form].name.upper()
        return PrintedReceipt(title, tuple(report_rows(document, title)), None)
    title = TITLES[document.form]
    day = _settlement_day(document)
    rows = [
        *_head(document, title),
        *_items(document, day, controls or {}),
        *_totals(document, day),
        *_people(document),
        *_numbers(document),
    ]
    return PrintedReceipt(title, tuple(rows), qr_text(document))


def qr_text(document: Document) -> str | None:
    """QR string of a receipt, None when the document lacks one of its parts."""
    time, total, fd, sign, operation = (
        document.local_time,
        document.total,
        document.fd,
        document.fiscal_sign,
        document.operation,
    )
    if time is None or total is None or fd is None or sign is None or operation is None or not document.fn:
        return None
    return str(ReceiptQR(local_time=time, total=total, fn=document.fn, fd=fd, fiscal_sign=sign, operation=operation))


def as_text(receipt: PrintedReceipt, width: int = WIDTH_58) -> str:
    """The rows as lines of at most `width` characters; the QR string is left out, it needs a picture."""
    lines: list[str] = []
    for row in receipt.rows:
        lines += _lines(row, width)
    return "\n".join(lines) + "\n"


# -- rows of a receipt -----------------------------------------------------------------------------------------------


def _settlement_day(document: Document) -> dt.date | None:
    base = first(document.pairs, 1174)
    seconds = first(base, 1178) if isinstance(base, list) else document.local_time
    return local_time(seconds).date() if isinstance(seconds, int) else None


def _head(document: Document, title: str) -> Iterator[Row]:
    if document.text_of(1048):
        yield center(document.text_of(1048))
    yield from (center(document.text_of(tag)) for tag in (1009, 1187) if document.text_of(tag))
    yield center(title, strong=True)
    yield center(OPERATIONS.get(document.operation or 0, f"ПРИЗНАК РАСЧЕТА {document.operation}"), strong=True)
    if document.form in CORRECTION_FORMS:
        kind = "ПО ПРЕДПИСАНИЮ" if document.number_of(1173) else "САМОСТОЯТЕЛЬНО"
        yield pair("ТИП КОРРЕКЦИИ", kind)
        base = first(document.pairs, 1174)
        if isinstance(base, list):
            day, number = first(base, 1178), first(base, 1179)
            if isinstance(day, int):
                yield pair("ДАТА РАСЧЕТА", f"{local_time(day):%d.%m.%Y}")
            if isinstance(number, str) and number.strip():
                yield pair("№ ПРЕДПИСАНИЯ", number)
    yield rule()


def _items(document: Document, day: dt.date | None, controls: Mapping[int, str]) -> Iterator[Row]:
    for index, item in enumerate(document.items):
        yield from _item(item, day, controls.get(index))
    if document.items:
        yield rule()


def _item(item: Pairs, day: dt.date | None, control: str | None) -> Iterator[Row]:
    mark = _mark(item)
    yield text(f"{mark} {_text(item, 1030)}".strip())
    quantity, price, amount = first(item, 1023), first(item, 1079), first(item, 1043)
    unit = MEASURES.get(_number(item, 2108), "") if first(item, 2108) is not None else _text(item, 1197)
    count = f"{quantity:f}" if isinstance(quantity, Decimal) else "1"
    yield pair(f"{count} {unit}".strip() + f" x {_money(price)}", f"={_money(amount)}")
    code = first(item, 1199)
    if isinstance(code, int) and code in vat.CODES:
        label = vat.rate(code, day).label
        tax = first(item, 1200)
        yield pair(label if code == vat.NO_VAT else f"НДС {label}", _money(tax) if tax is not None else "")
    kinds = (KINDS.get(_number(item, 1212), ""), METHODS.get(_number(item, 1214), ""))
    if any(kinds):
        yield text(", ".join(kind for kind in kinds if kind))
    yield from _product(item)
    if control is not None:
        yield pair("КОД КМ", control)
    yield from _agent(_number(item, 1222), item)
    for tag, label in ((1226, "ИНН ПОСТАВЩИКА"), (1231, "№ ДЕКЛАРАЦИИ"), (1230, "СТРАНА")):
        if _text(item, tag):
            yield pair(label, _text(item, tag))
    if first(item, 1229) is not None:
        yield pair("В Т.Ч. АКЦИЗ", _money(first(item, 1229)))
    if _text(item, 1191):
        yield text(_text(item, 1191))


def _mark(item: Pairs) -> str:
    """The sign of goods with a marking code, empty for others."""
    result = first(item, 2106)
    if result is None and first(item, 1163) is None and _number(item, 1212) not in MARKED_KINDS:
        return ""
    return sign(result if isinstance(result, int) else 0)


def _product(item: Pairs) -> Iterator[Row]:
    code, part = first(item, 1163), first(item, 1291)
    for _, value in code if isinstance(code, list) else []:
        yield pair("КОД ТОВАРА", str(value).strip())
    if isinstance(part, list):
        yield pair("ЧАСТЬ УПАКОВКИ", f"{_number(part, 1293)}/{_number(part, 1294)}")


def _agent(kind: int, level: Pairs) -> Iterator[Row]:
    labels = [label for bit, label in AGENTS.items() if kind & bit]
    if labels:
        yield text(", ".join(labels))
    supplier = first(level, 1224)
    if isinstance(supplier, list):
        if _text(supplier, 1225):
            yield pair("ПОСТАВЩИК", _text(supplier, 1225))
        yield from (pair("ТЛФ. ПОСТ.", str(phone)) for phone in all_of(supplier, 1171))
    fields = first(level, 1223)
    yield from _agent_fields(fields if isinstance(fields, list) else [])


def _agent_fields(fields: Pairs) -> Iterator[Row]:
    labels = {
        1044: "ОПЕРАЦИЯ АГЕНТА",
        1073: "ТЛФ. ПЛ. АГЕНТА",
        1074: "ТЛФ. ОП. ПР. ПЛАТЕЖА",
        1075: "ТЛФ. ОП. ПЕРЕВОДА",
        1026: "ОП. ПЕРЕВОДА",
        1005: "АДР. ОП. ПЕРЕВОДА",
        1016: "ИНН ОП. ПЕРЕВОДА",
    }
    for tag, value in fields:
        if tag in labels:
            yield pair(labels[tag], str(value))


def _totals(document: Document, day: dt.date | None) -> Iterator[Row]:
    yield pair("ИТОГ", f"={_money(document.total)}", strong=True)
    for tag, label in _PAID.items():
        if document.number_of(tag):
            yield pair(label, f"={_money(document.number_of(tag))}")
    for tag, code in sorted(_CODE_OF_TAG.items()):
        total = document.number_of(tag)
        if total:
            yield pair(_vat_label(code, day), f"={_money(total)}")
    newer = first(document.pairs, 1115)
    for row in all_of(newer, 1119) if isinstance(newer, list) else []:
        if isinstance(row, list):
            yield pair(_vat_label(_number(row, 1199), day), f"={_money(first(row, 1120))}")
    yield rule()


def _vat_label(code: int, day: dt.date | None) -> str:
    if code == vat.NO_VAT:
        return "СУММА БЕЗ НДС"
    if code not in vat.CODES:
        return f"СУММА НДС (СТАВКА {code})"
    label = vat.rate(code, day).label
    return f"СУММА С НДС {label}" if code == vat.ZERO_RATE else f"СУММА НДС {label}"


def _people(document: Document) -> Iterator[Row]:
    taxation = document.number_of(1055)
    if taxation is not None:
        yield pair("СНО", TAXATION.get(taxation, str(taxation)))
    yield from _agent(document.number_of(1057) or 0, [])
    yield from _agent_fields(document.pairs)
    yield from (pair("ТЛФ. ПОСТ.", str(phone)) for phone in all_of(document.pairs, 1171))
    buyer = first(document.pairs, 1256)
    fields = document.pairs + (buyer if isinstance(buyer, list) else [])
    labels = {
        1227: "ПОКУПАТЕЛЬ",
        1228: "ИНН ПОКУПАТЕЛЯ",
        1254: "АДРЕС ПОКУПАТЕЛЯ",
        1008: "ЭЛ. АДР. ПОКУПАТЕЛЯ",
        1117: "ЭЛ. АДР. ОТПРАВИТЕЛЯ",
        1021: "КАССИР",
        1036: "№ АВТОМАТА",
        1060: "САЙТ ФНС",
        1192: "ДОП. РЕКВИЗИТ",
    }
    for tag, label in labels.items():
        if _text(fields, tag):
            yield pair(label, _text(fields, tag))
    extra = first(document.pairs, 1084)
    if isinstance(extra, list):
        yield pair(_text(extra, 1085), _text(extra, 1086))
    if document.number_of(1125):
        yield text("РАСЧЕТ В ИНТЕРНЕТ")


def _numbers(document: Document) -> Iterator[Row]:
    if document.local_time is not None:
        yield pair("ДАТА ВРЕМЯ", f"{local_time(document.local_time):%d.%m.%Y %H:%M}")
    if document.shift is not None and document.number is not None:
        yield pair(f"СМЕНА {document.shift}", f"ЧЕК {document.number}")
    numbers = {
        "ИНН": document.inn,
        "РН ККТ": document.rnm,
        "ФН": document.fn,
        "ФД": document.fd,
        "ФПД": document.fiscal_sign,
    }
    yield from (pair(label, str(value)) for label, value in numbers.items() if value)


def _text(pairs: Pairs, tag: int) -> str:
    value = first(pairs, tag)
    return value.strip() if isinstance(value, str) else ""


def _number(pairs: Pairs, tag: int) -> int:
    value = first(pairs, tag)
    return value if isinstance(value, int) else 0


def _money(value: Value | None) -> str:
    return roubles(value) if isinstance(value, int) else ""


# -- text ------------------------------------------------------------------------------------------------------------


def _lines(row: Row, width: int) -> list[str]:
    if row.kind == "rule":
        return ["-" * width]
    if row.kind == "center":
        return [line.center(width).rstrip() for line in _wrap(row.left, width)]
    if row.kind == "text":
        return _wrap(row.left, width)
    if len(row.left) + len(row.right) + 1 <= width:
        return [f"{row.left}{row.right.rjust(width - len(row.left))}".rstrip()]
    return [*_wrap(row.left, width), *(line.rjust(width) for line in _wrap(row.right, width))]


def _wrap(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width) or [""]
