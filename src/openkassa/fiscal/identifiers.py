"""Numbers that identify parties and devices: ИНН, РНМ, number of a fiscal storage, phones.

Sources: the check digits of РНМ agree with five real registers (tests/vectors/rnm_vectors.json); the numbers of
storages have no check digit that anybody has found.
"""

from __future__ import annotations

import binascii
import re

import phonenumbers
from stdnum.ru import inn as _inn

EMULATED_FN_PREFIX = "9999"
_PHONE = re.compile(r"[+0-9() \-.]{5,25}")


def is_inn(text: str) -> bool:
    """Whether `text` is an ИНН of 10 or 12 digits with right check digits."""
    return text.isascii() and text.isdigit() and _inn.is_valid(text)


def make_rnm(sequence: int, inn: str, serial: str) -> str:
    """Registration number of a register (РНМ): ten digits of `sequence` and six check digits.

    `serial` is the register's own serial number (заводской номер), at most 20 characters. The check digits are
    CRC-16/CCITT-FALSE of sequence (10), ИНН (12) and serial (20), each with zeros on the left.
    """
    if not 0 <= sequence < 10**10:
        raise ValueError(f"sequence number {sequence} of a РНМ isn't within 10 digits")
    if not inn.isdigit() or len(inn) not in (10, 12):
        raise ValueError(f"ИНН {inn!r} doesn't have 10 or 12 digits")
    if not 0 < len(serial) <= 20 or not serial.isascii():
        raise ValueError(f"serial number {serial!r} isn't 1 to 20 ASCII characters")
    head = f"{sequence:010d}"
    crc = binascii.crc_hqx((head + inn.zfill(12) + serial.zfill(20)).encode("ascii"), 0xFFFF)
    return f"{head}{crc:06d}"


def is_rnm(rnm: str, inn: str, serial: str) -> bool:
    """Whether `rnm` has 16 digits and the check digits that belong to this ИНН and serial number."""
    if len(rnm) != 16 or not rnm.isascii() or not rnm.isdigit():
        return False
    try:
        return make_rnm(int(rnm[:10]), inn, serial) == rnm
    except ValueError:
        return False


def is_fn_number(text: str) -> bool:
    """Whether `text` has the form of a fiscal storage's number: 16 digits."""
    return len(text) == 16 and text.isascii() and text.isdigit()


def is_emulated_fn(text: str) -> bool:
    """Whether the number is that of a debug or emulated storage, whose documents the tax service doesn't take."""
    return is_fn_number(text) and text.startswith(EMULATED_FN_PREFIX)


def normal_phone(text: str, region: str = "RU") -> str | None:
    """`text` in the form +79991234567, or None when it isn't a possible phone number."""
    if not _PHONE.fullmatch(text):
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def roubles(kopecks: int) -> str:
    """Kopecks as roubles with a point and two digits, the way receipts and QR codes write them: 123.45."""
    sign = "-" if kopecks < 0 else ""
    whole, rest = divmod(abs(kopecks), 100)
    return f"{sign}{whole}.{rest:02d}"
