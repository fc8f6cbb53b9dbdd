"""Messages between a fiscal storage and the marking service (ОИСМ): question about a code, notification of a sale.

    81  question      2001 1018 2114 1041 2004 2003 (1023 2108 or 1291) 2100 2000 2102
    83  its answer    2001 2114 2105, and when the question was read 2102 2100 2109 2101 2005
    82  notification  2002 1012 1041 1018 1009 1055 1054 2116 2007… 1011 2040 1125
    84  its receipt   2002 1012 2111

Sources: tables 127 to 133 of the order ЕД-7-20/662@, second-hand. How they lie in a container is not published; here
they lie in it as documents do, the number of question or notification in the place of the document's, with emulated
signs (see `emulation`). That, the value of 2116 and the meaning of the bits of 2005 are unconfirmed.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from openkassa.fiscal.ffd import tlv
from openkassa.fiscal.wire import FROM_FN, FROM_OFD, Container, MalformedContainer
from openkassa.fiscal.wire.container import packed_fn, seal, signed_part

from ..marking import Code
from . import emulation
from .documents import byte, raw, u32

QUESTION: Final = 81
NOTIFICATION: Final = 82
ANSWER: Final = 83
RECEIVED: Final = 84

READ: Final = 0  # 2105: the question was read; 1 its format, 2 that of the code is wrong
GOODS_RIGHT: Final = 1  # 2109
GOODS_WRONG: Final = 2
GOODS_STOPPED: Final = 3
TAKEN: Final = 0  # 2111
_NUMBER_MASK = 0xFFFFFF  # what the container has room for


class BadMessage(ValueError):
    """What came is not the message that was waited for."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    number: int  # 2001
    code: Code
    status: int  # 2003
    mode: int  # 2102
    amount: bytes  # TLV of 1023 and 2108, or of 1291
    checked: int  # 2004, what the storage found
    local_time: int  # 2114


class Reply(msgspec.Struct, frozen=True):
    """What the service says of a code."""

    request: int  # 2105
    goods: int = 0  # 2109
    results: int = 0  # 2005, bits as those of 2106


def question(fn: str, inn: str, asked: Question) -> bytes:
    """Container of form 81."""
    code = asked.code
    fields = b"".join(
        (
            u32(2001, asked.number),
            raw(1018, inn.encode("ascii").ljust(12)),
            u32(2114, asked.local_time),
            raw(1041, fn.encode("ascii")),
            byte(2004, asked.checked),
            byte(2003, asked.status),
            asked.amount,
            byte(2100, code.code_type),
            raw(2000, code.text.encode("ascii")),
            byte(2102, asked.mode),
        )
    )
    return _sealed(fn, FROM_FN, QUESTION, asked.number, fields)


def notification(fn: str, number: int, fields: bytes) -> bytes:
    """Container of form 82; `fields` are all but 2002 and 1041."""
    head = u32(2002, number) + raw(1041, fn.encode("ascii"))
    return _sealed(fn, FROM_FN, NOTIFICATION, number, head + fields)


def answer(asked: Container, reply: Reply, local_time: int) -> bytes:
    """Container of form 83 with which the service answers."""
    given = read(asked, QUESTION)
    fields = u32(2001, given[2001]) + u32(2114, local_time) + byte(2105, reply.request)
    if reply.request == READ:
        product = str(given[2000])[:38].encode("ascii", "replace")
        fields += byte(2102, given[2102]) + byte(2100, given[2100]) + byte(2109, reply.goods)
        fields += raw(2101, product) + byte(2005, reply.results)
    return _sealed(asked.fn, FROM_OFD, ANSWER, asked.fd, fields)


def received(notified: Container, local_time: int, code: int = TAKEN) -> bytes:
    """Container of form 84."""
    given = read(notified, NOTIFICATION)
    fields = u32(2002, given[2002]) + u32(1012, local_time) + byte(2111, code)
    return _sealed(notified.fn, FROM_OFD, RECEIVED, notified.fd, fields)


def read_answer(data: bytes, *, fn: str, number: int) -> Reply:
    """What an answer says. BadMessage unless it is a signed one to question `number` of storage `fn`."""
    given = _of_service(data, fn, ANSWER)
    if given.get(2001) != number:
        raise BadMessage(f"the answer is to question {given.get(2001)}, not {number}")
    return Reply(_number(given, 2105), _number(given, 2109, 0), _number(given, 2005, 0))


def read_received(data: bytes, *, fn: str, number: int) -> int:
    """2111 of the receipt for notification `number`. BadMessage for anything else."""
    given = _of_service(data, fn, RECEIVED)
    if given.get(2002) != number:
        raise BadMessage(f"the receipt is for notification {given.get(2002)}, not {number}")
    return _number(given, 2111)


def read(container: Container, form: int) -> dict[int, Any]:
    """First-level fields of a message of a form; the last of those that repeat. BadMessage when it is another."""
    return dict(read_all(container, form))


def read_all(container: Container, form: int) -> tlv.Pairs:
    """First-level fields of a message of a form, in order."""
    try:
        ((tag, inside),) = tlv.decode(container.document)
    except ValueError as error:
        raise BadMessage(f"the message can't be read: {error}") from None
    if container.form != form or tag != form or not isinstance(inside, list):
        raise BadMessage(f"the message has form {container.form}, not {form}")
    return inside


def _of_service(data: bytes, fn: str, form: int) -> dict[int, Any]:
    try:
        container = Container.parse(data)
    except MalformedContainer as error:
        raise BadMessage(str(error)) from None
    if container.origin != FROM_OFD or container.fn != fn:
        raise BadMessage(f"the message is for storage {container.fn}, not {fn}")
    if not emulation.answer_sign_holds(container):
        raise BadMessage("the sign of the message is wrong")
    return read(container, form)


def _number(given: dict[int, Any], tag: int, default: int | None = None) -> int:
    value = given.get(tag, default)
    if not isinstance(value, int) or not 0 <= value <= 0xFF:
        raise BadMessage(f"tag {tag} of the message is {value!r}")
    return value


def _sealed(fn: str, origin: int, form: int, number: int, fields: bytes) -> bytes:
    sign_of = emulation.message_sign if origin == FROM_FN else emulation.answer_sign
    nonce = sign_of(fn, fields)
    signed = signed_part(origin, form, packed_fn(fn), number & _NUMBER_MASK, nonce, raw(form, fields))
    return seal(signed, sign_of(fn, signed))
