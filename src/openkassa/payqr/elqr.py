"""The Kyrgyz national payment QR (ELQR, version 1.3.1 of its specification).

A link is `<a bank's address>#<fragment>`; the fragment is the same for every bank. It is made of fields: two digits of
an id, two digits of a length, the value; lengths count UTF-16 units of the text as it is read, not of its
percent-encoding. The checksum (63) is the last four hex digits of SHA-256 of the text before `6304`.

`read` takes what banks send, `fragment` writes what the specification says. Limits and ids: the specification as the
library elqr-js implements it, checked against links of banks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, unquote, unquote_plus

SOM: Final = 417  # ISO 4217; amounts are in tyiyn, 1 som = 100
EXTRA_IDS: Final = range(35, 40)
YES, NO = "11", "12"
KINDS: Final[dict[str, Literal["static", "dynamic"]]] = {"11": "static", "12": "dynamic"}
CODES: Final = {kind: code for code, kind in KINDS.items()}
MAX_TEXT: Final = 4096  # characters of a link; a QR code holds fewer
MAX_TEMPLATE: Final = 99
MAX_PART: Final = 32
MAX_NAME: Final = 25
MAX_DIGITS: Final = 13
_TAIL: Final = re.compile("(?P<text>.*)6304(?P<said>[0-9A-Fa-f]{4})", re.DOTALL)

# Addresses by which banks' apps open a fragment. Those below the line have not been tried by anybody known to us.
BANKS: Final = {
    "universal": "https://pay.payqr.kg/",
    "MBank": "https://app.mbank.kg/qr/",
    "О!Деньги": "https://api.dengi.o.kg/",
    "Бакай": "https://bakai.app/",
    "Finik": "https://qr.finik.kg/",
    # not tried
    "MegaPay": "https://megapay.kg/get",
    "РСК": "https://qr.rsk.kg/",
    "KICB": "https://bank.kicb.net/",
    "Demir": "https://retail.demirbank.kg/",
    "Balance": "https://balance.kg/",
    "Компаньон": "https://24.kompanion.kg/qr/",
    "Элдик": "https://app.eldik.kg/",
}


class WrongQr(ValueError):
    """`code`: checksum, form, missing, value or twice. `field`: the id concerned, "32.01" inside a template."""

    def __init__(self, code: str, text: str, field: str | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.field = field


@dataclass(frozen=True, kw_only=True, slots=True)
class Extra:
    """A field of the provider's own (35 to 39)."""

    key: str
    label: str
    value: str
    title: str
    visible: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Elqr:
    kind: Literal["static", "dynamic"]  # 01: a sticker, or made for one sale
    provider: str  # 32.00, like a host name
    name: str  # 59, whom the buyer pays
    mcc: str  # 52
    currency: int = SOM  # 53
    amount: int | None = None  # 54, tyiyn
    service: str | None = None  # 32.01
    payee: str | None = None  # 32.10: account, phone, order in the service
    transaction: str | None = None  # 32.11
    amount_editable: bool = True  # 32.12; yes where it is left out
    payee_editable: bool = True  # 32.13, likewise
    merchant: str | None = None  # 33.00
    merchant_service: str | None = None  # 33.01
    comment: str | None = None  # 34
    extra: tuple[Extra, ...] = ()


# -- reading -----------------------------------------------------------------------------------------------


def read(text: str) -> Elqr:
    """What a link or its fragment says. Raises `WrongQr`."""
    if len(text) > MAX_TEXT:
        raise WrongQr("form", f"{len(text)} characters, at most {MAX_TEXT}")
    roots = _once(list(_fields(_checked(text.partition("#")[2] or text))))
    kind = KINDS.get(roots.get("01", ""))
    if kind is None:
        raise WrongQr("value", "01 is neither 11 (static) nor 12 (dynamic)", "01")
    service = _once(list(_fields(_needed(roots, "32"), "32.")), "32.")
    merchant = _once(list(_fields(roots.get("33", ""), "33.")), "33.")
    if "01" not in service and "00" not in merchant:
        raise WrongQr("missing", "neither 32.01 (service) nor 33.00 (merchant) is there", "32.01")
    _digits(_needed(roots, "00"), "00")
    return Elqr(
        kind=kind,
        provider=_needed(service, "00", "32."),
        name=_needed(roots, "59"),
        mcc=_digits(_needed(roots, "52"), "52", 4),
        currency=int(_digits(_needed(roots, "53"), "53", 3)),
        amount=_amount(roots.get("54")),
        service=service.get("01"),
        payee=service.get("10"),
        transaction=service.get("11"),
        amount_editable=_flag(service.get("12"), "32.12"),
        payee_editable=_flag(service.get("13"), "32.13"),
        merchant=merchant.get("00"),
        merchant_service=merchant.get("01"),
        comment=roots.get("34"),
        extra=tuple(_extra(roots)),
    )


def _checked(given: str) -> str:
    """The fields of a fragment whose checksum is right. One bank writes a space as "+", all others don't."""
    found = [tail for text in (unquote(given), unquote_plus(given)) if (tail := _TAIL.fullmatch(text))]
    if not found:
        raise WrongQr("missing", "no checksum (63) of four hex digits stands at the end", "63")
    for tail in found:
        if checksum(tail["text"]) == tail["said"].lower():
            return tail["text"]
    raise WrongQr("checksum", "the checksum (63) is not that of the text before it", "63")


def checksum(text: str) -> str:
    """Four lower-case hex digits for the text before `6304`."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[-4:]


def _fields(text: str, where: str = "") -> Iterator[tuple[str, str]]:
    data, position = text.encode("utf-16-le", "surrogatepass"), 0
    while position < len(data):
        head = data[position : position + 8].decode("utf-16-le", "replace")
        if not re.fullmatch("[0-9]{4}", head):
            raise WrongQr("form", f"{where}{head[:2]!r}: no id and length of two digits each", where + head[:2])
        position += 8
        end = position + 2 * int(head[2:])
        if end > len(data):
            raise WrongQr("form", f"{where}{head[:2]}: {int(head[2:])} characters are named, fewer are there", head[:2])
        try:
            yield head[:2], data[position:end].decode("utf-16-le")
        except UnicodeDecodeError:
            raise WrongQr("form", f"{where}{head[:2]}: ends inside a character", head[:2]) from None
        position = end


def _once(pairs: list[tuple[str, str]], where: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in pairs:
        if key in found:
            raise WrongQr("twice", f"{where}{key} is there twice", where + key)
        found[key] = value
    return found


def _needed(fields: dict[str, str], key: str, where: str = "") -> str:
    if not fields.get(key):
        raise WrongQr("missing", f"{where}{key} is not there", where + key)
    return fields[key]


def _digits(value: str, field: str, size: int | None = None) -> str:
    if not (value.isascii() and value.isdigit()) or len(value) != (size or len(value)):
        raise WrongQr("value", f"{field} is {value[:20]!r}, not {size or ''} digits".replace("  ", " "), field)
    return value


def _amount(value: str | None) -> int | None:
    if value is None:
        return None
    if len(value) > MAX_DIGITS:
        raise WrongQr("value", f"54 has {len(value)} digits, at most {MAX_DIGITS}", "54")
    return int(_digits(value, "54"))


def _flag(value: str | None, field: str) -> bool:
    if value not in (None, YES, NO):
        raise WrongQr("value", f"{field} is neither 11 (yes) nor 12 (no)", field)
    return value != NO


def _extra(roots: dict[str, str]) -> Iterator[Extra]:
    for root in EXTRA_IDS:
        for key, value in _fields(roots.get(str(root), ""), f"{root}."):
            parts = value.split(":")
            if len(parts) != 5 or parts[4] not in (YES, NO):
                raise WrongQr("value", f"{root}.{key} is not key:label:value:title:11 or 12", f"{root}.{key}")
            yield Extra(key=parts[0], label=parts[1], value=parts[2], title=parts[3], visible=parts[4] == YES)


# -- writing -----------------------------------------------------------------------------------------------


def link(base: str, fragment: str) -> str:
    """The link of a bank's button: a base of `BANKS` and a fragment, which keeps its checksum."""
    return f"{base}#{quote(fragment, safe='!*(),:;@/?$&=')}"


def fragment(qr: Elqr) -> str:
    """The text behind `#`. Raises `WrongQr` for what the specification doesn't allow."""
    if qr.kind == "dynamic" and not qr.amount:
        raise WrongQr("value", "a dynamic code names an amount above zero", "54")
    if not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", qr.provider):
        raise WrongQr("value", f"32.00 is {qr.provider[:32]!r}, not like a host name", "32.00")
    if not qr.service and not qr.merchant:
        raise WrongQr("missing", "name a service (32.01) or a merchant (33.00)", "32.01")
    service = (
        _part("00", qr.provider, "32.")
        + _part("01", qr.service, "32.")
        + _part("10", qr.payee, "32.")
        + _part("11", qr.transaction, "32.")
        + _part("12", None if qr.amount_editable else NO, "32.")
        + _part("13", None if qr.payee_editable else NO, "32.")
    )
    merchant = _part("00", qr.merchant, "33.") + _part("01", qr.merchant_service, "33.")
    text = (
        _field("00", "01")
        + _field("01", CODES[qr.kind])
        + _field("32", service)
        + (_field("33", merchant) if merchant else "")
        + _part("34", qr.comment)
        + _extras(qr.extra)
        + _field("52", _digits(qr.mcc, "52", 4))
        + _field("53", f"{qr.currency:03}")
        + ("" if qr.amount is None else _field("54", _written_amount(qr.amount)))
        + _part("59", _named(qr.name), most=MAX_NAME)
    )
    return f"{text}6304{checksum(text)}"


def _written_amount(amount: int) -> str:
    if not 0 <= amount < 10**MAX_DIGITS:
        raise WrongQr("value", f"54 is {amount}, not 0 to {MAX_DIGITS} digits of tyiyn", "54")
    return str(amount)


def _named(name: str) -> str:
    if not name.strip():
        raise WrongQr("missing", "59 is empty: the buyer has to see whom they pay", "59")
    return name


def _extras(extra: tuple[Extra, ...]) -> str:
    """Fields of 35, and of the templates after it when it is full."""
    templates: list[list[str]] = [[]]
    for one in extra:
        parts = (one.key, one.label, one.value, one.title, YES if one.visible else NO)
        if any(":" in part for part in parts):
            raise WrongQr("value", f"35: {one.key!r} has a colon, which parts its own fields", "35")
        made = _field(f"{len(templates[-1]):02}", ":".join(parts))
        if sum(map(len, templates[-1])) + len(made) > MAX_TEMPLATE:
            made = _field("00", ":".join(parts))
            templates.append([])
        templates[-1].append(made)
    if len(templates) > len(EXTRA_IDS):
        raise WrongQr("value", "35 to 39 have no room for so many fields", "39")
    return "".join(
        _field(str(root), "".join(parts)) for root, parts in zip(EXTRA_IDS, templates, strict=False) if parts
    )


def _part(key: str, value: str | None, where: str = "", most: int = MAX_PART) -> str:
    if value is None:
        return ""
    if len(value) > most:
        raise WrongQr("value", f"{where}{key} has {len(value)} characters, at most {most}", where + key)
    return _field(key, value, where)


def _field(key: str, value: str, where: str = "") -> str:
    if any(ord(letter) > 0xFFFF or ord(letter) < 0x20 for letter in value):
        raise WrongQr("value", f"{where}{key} has a character that codes don't carry", where + key)
    if len(value) > MAX_TEMPLATE:
        raise WrongQr("value", f"{where}{key} has {len(value)} characters, at most {MAX_TEMPLATE}", where + key)
    return f"{key}{len(value):02}{value}"
