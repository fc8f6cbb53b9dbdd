"""Bodies of requests: what every face refuses before it looks inside."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import UnreadablePostError

MAX_BODY = 2 * 1024 * 1024
NESTING = 32  # levels of bodies whose fields may be in any case


class BadBody(Exception):
    """The body can't be read. `reason` is one of the names below; the text is for people."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason  # "too_large", "not_json_type", "not_utf8", "malformed", "unreadable"


class WrongField(Exception):
    """The body is JSON of the wrong shape: `field` is a path like receipt.items[0].name, empty for the whole."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def read_json(request: HttpRequest) -> bytes:
    """The bytes of a body that says it is JSON, or says nothing, and is UTF-8. Raises `BadBody`."""
    content_type = request.META.get("CONTENT_TYPE", "")
    if content_type and not _is_json(content_type):
        raise BadBody("not_json_type", f"{content_type[:100]!r}: ожидается application/json в UTF-8")
    try:
        body = request.body
    except RequestDataTooBig:
        raise BadBody("too_large", f"тело запроса больше {MAX_BODY} байт") from None
    except UnreadablePostError:
        raise BadBody("unreadable", "соединение прервано до конца запроса") from None
    if len(body) > MAX_BODY:
        raise BadBody("too_large", f"тело запроса больше {MAX_BODY} байт")
    return body


def decoder(shape: type) -> msgspec.json.Decoder:
    """A decoder of `shape` that reads fractions exactly where the shape says `Any`."""
    return msgspec.json.Decoder(shape, float_hook=Decimal)


_anything = decoder(object)


def decode(body: bytes, into: msgspec.json.Decoder) -> Any:
    """`body` as `into` says. Raises `BadBody` for what isn't JSON, `WrongField` for another shape."""
    try:
        if not body.isascii():
            body.decode()  # what the decoder skips it doesn't check
        return into.decode(body)
    except msgspec.ValidationError as error:
        raise _wrong_field(str(error)) from None
    except UnicodeDecodeError as error:
        raise BadBody("not_utf8", f"не UTF-8, байт {error.start}") from None
    except (msgspec.DecodeError, InvalidOperation) as error:
        text = str(error) if isinstance(error, msgspec.DecodeError) else "число вне разумных границ"
        raise BadBody("malformed", f"не JSON: {text}") from None
    except RecursionError:
        raise BadBody("malformed", "вложенность слишком глубока") from None


class AnyCase:
    """A shape whose fields are in lower case, for faces whose originals don't tell Items from items.

    Make it when a module is imported: msgspec learns a shape when it first meets it, and two threads that let it learn
    the same one at once end the process (0.22, SIGSEGV). A decoder learns it here.
    """

    def __init__(self, shape: type) -> None:
        self.shape = shape
        msgspec.json.Decoder(shape)


def decode_any_case(body: bytes, into: AnyCase) -> Any:
    """`body` as `into` says. Raises as `decode` does."""
    try:
        return msgspec.convert(_lower(decode(body, _anything), NESTING), into.shape)
    except msgspec.ValidationError as error:
        raise _wrong_field(str(error)) from None


def _lower(value: Any, depth: int) -> Any:
    if not depth:
        raise BadBody("malformed", "вложенность слишком глубока")
    if isinstance(value, dict):
        return {name.lower(): _lower(inner, depth - 1) for name, inner in value.items()}
    return [_lower(inner, depth - 1) for inner in value] if isinstance(value, list) else value


def _is_json(content_type: str) -> bool:
    name, _, parameters = content_type.lower().partition(";")
    name = name.strip()
    if name != "application/json" and not (name.startswith("application/") and name.endswith("+json")):
        return False
    charset = parameters.replace(" ", "").replace('"', "").partition("charset=")[2].split(";")[0]
    return charset in ("", "utf-8", "utf8", "us-ascii")


_AT_FIELD = re.compile(r"(.*) `([^`]*)`")
_TYPES = {
    "str": "строка", "int": "целое число", "float": "число", "object": "объект", "array": "список", "null": "null",
    "bool": "true или false",
}  # fmt: skip
_LIMITS = (
    (re.compile(r"Expected `str` of length <= (\d+)"), "длина строки не больше {0}"),
    (re.compile(r"Expected `str` of length >= (\d+)"), "длина строки не меньше {0}"),
    (re.compile(r"Expected `array` of length <= (\d+)"), "элементов не больше {0}"),
    (re.compile(r"Expected `array` of length >= (\d+)"), "элементов не меньше {0}"),
    (re.compile(r"Expected `int` >= (-?\d+)"), "целое число не меньше {0}"),
    (re.compile(r"Expected `int` <= (-?\d+)"), "целое число не больше {0}"),
    (re.compile(r"Expected `str` matching regex '(.*)'"), "строка вида {0}"),
    (re.compile(r"Invalid enum value (.*)"), "недопустимое значение {0}"),
    (re.compile(r"Invalid UUID"), "ожидается UUID"),
    (re.compile(r"Invalid RFC3339 encoded date"), "ожидается дата ГГГГ-ММ-ДД"),
    (re.compile(r"Integer value out of range"), "число слишком велико"),
)


def _wrong_field(message: str) -> WrongField:
    """The decoder's "Expected `str`, got `int` - at `$.items[0].name`" in terms of the shop's developer."""
    text, _, path = message.partition(" - at `$")
    path = path.rstrip("`").lstrip(".")
    named = _AT_FIELD.fullmatch(text)
    if named is not None and named[1] in ("Object contains unknown field", "Object missing required field"):
        field = f"{path}.{named[2]}" if path else named[2]
        unknown = named[1].startswith("Object contains")
        return WrongField(field, "неизвестное поле" if unknown else "обязательное поле не заполнено")
    types = re.fullmatch(r"Expected `([^`]+)`, got `([^`]+)`", text)
    if types is not None:
        expected, got = (" | ".join(_TYPES.get(name, name) for name in part.split(" | ")) for part in types.groups())
        return WrongField(path, f"ожидается {expected}, получено {got}")
    for pattern, russian in _LIMITS:
        match = pattern.fullmatch(text)
        if match is not None:
            return WrongField(path, russian.format(*match.groups()))
    return WrongField(path, text)
