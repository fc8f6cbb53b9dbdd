"""Container of a document on its way between a fiscal storage and an operator.

    0    2  LE length of the whole container, these 32 bytes included
    2    2  LE CRC-16 of everything but this field (which is left out, not zeroed)
    4    1  A5 from a fiscal storage, 5A from an operator
    5    1  form of the document
    6    1  version, 0x01
    7    2  service 1
    9    8  number of the fiscal storage, packed decimal, padded with F
    17   3  BE number of the fiscal document
    20   8  nonce
    28   2  service 2
    30   2  BE length of the document
    32      document: one STLV, open when tag 1056 is 0
    tail 10 message sign: 8 bytes, then 00 00

Offsets and the CRC agree with four containers from registers and operators in use; the protocol's text gives the
length without the 32 bytes, life does not. Unconfirmed: the meaning of service 1, service 2, the nonce and the last two
bytes. They are carried as they come.
"""

from __future__ import annotations

from struct import Struct

import msgspec

from .crc import crc16

FROM_FN = 0xA5
FROM_OFD = 0x5A
CONTAINER_HEADER = 32
SIGN_SIZE = 8
MAX_FD = 0xFFFFFF

VERSION = 0x01
SERVICE_1 = b"\x10\x09"  # unconfirmed: the same in every message seen
SERVICE_2 = b"\x00\x02"  # unconfirmed: 00 02 or 00 04 in messages seen
TRAILER = b"\x00\x00"  # unconfirmed: the same in every message seen

_TAIL = SIGN_SIZE + len(TRAILER)
_LAYOUT = Struct("<HHBBB2s8s3s8s2s")
_SIGNED_HEAD = Struct(">BBB2s8s3s8s2sH")  # from offset 4 on: what the message sign covers, with the document
_LENGTH = Struct("<H")


class MalformedContainer(ValueError):
    """The bytes aren't a container; `field` names the part that is wrong, the text says how."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"container, {field}: {text}")
        self.field = field


class BadChecksum(MalformedContainer):
    """Everything is in place but the CRC is wrong: bytes were changed on the way."""

    def __init__(self, text: str) -> None:
        super().__init__("checksum", text)


class Container(msgspec.Struct, frozen=True):
    origin: int  # FROM_FN or FROM_OFD
    form: int
    fn: str
    fd: int
    document: bytes  # the STLV with its own tag and length
    sign: bytes  # 8 bytes: ФПС of a document, ФПП of an acknowledgement
    nonce: bytes
    service_1: bytes = SERVICE_1
    service_2: bytes = SERVICE_2
    version: int = VERSION
    trailer: bytes = TRAILER

    @classmethod
    def parse(cls, data: bytes) -> Container:
        """Read a container. No length in it is trusted: each is compared with what is there.

        Raises MalformedContainer, or its kind BadChecksum when only the CRC is wrong.
        """
        size = len(data)
        if size < CONTAINER_HEADER + 4 + _TAIL:
            raise MalformedContainer("length", f"{size} bytes are too few for a header, a document and a sign")
        length, crc, origin, form, version, service_1, bcd, fd, nonce, service_2 = _LAYOUT.unpack_from(data)
        if length != size:
            raise MalformedContainer("length", f"the field says {length} bytes, there are {size}")
        if crc != crc16(data[4:], crc16(data[:2])):
            raise BadChecksum(f"the field says {crc:#06x}")
        if origin not in (FROM_FN, FROM_OFD):
            raise MalformedContainer("origin", f"{origin:#04x} is neither A5 (fiscal storage) nor 5A (operator)")
        if version >> 4:
            raise MalformedContainer("version", f"{version:#04x} has another header than this one")
        document = data[CONTAINER_HEADER:-_TAIL]
        if int.from_bytes(data[30:32], "big") != len(document):
            raise MalformedContainer("document length", f"{len(document)} bytes lie between the header and the sign")
        return cls(
            origin=origin,
            form=form,
            fn=_fn_of(bcd),
            fd=int.from_bytes(fd, "big"),
            document=document,
            sign=data[-_TAIL : -len(TRAILER)],
            nonce=nonce,
            service_1=service_1,
            service_2=service_2,
            version=version,
            trailer=data[-len(TRAILER) :],
        )

    def signed_part(self) -> bytes:
        """Bytes that the message sign covers: from the origin byte to the end of the document."""
        return (
            _SIGNED_HEAD.pack(
                self.origin,
                self.form,
                self.version,
                self.service_1,
                packed_fn(self.fn),
                self.fd.to_bytes(3, "big"),
                self.nonce,
                self.service_2,
                len(self.document),
            )
            + self.document
        )

    def pack(self) -> bytes:
        if len(self.sign) != SIGN_SIZE or len(self.trailer) != len(TRAILER) or len(self.nonce) != 8:
            raise ValueError("a message sign and a nonce have 8 bytes, a trailer 2")
        return seal(self.signed_part(), self.sign, self.trailer)


def signed_part(origin: int, form: int, bcd: bytes, fd: int, nonce: bytes, document: bytes) -> bytes:
    """What is signed, with the usual service bytes. `bcd` is `packed_fn` of the storage's number."""
    head = _SIGNED_HEAD.pack(
        origin, form, VERSION, SERVICE_1, bcd, fd.to_bytes(3, "big"), nonce, SERVICE_2, len(document)
    )
    return head + document


def seal(signed: bytes, sign: bytes, trailer: bytes = TRAILER) -> bytes:
    """Whole container of a signed part and its message sign: length and CRC go before, the sign behind."""
    rest = signed + sign + trailer
    length = _LENGTH.pack(len(rest) + 4)
    return length + _LENGTH.pack(crc16(rest, crc16(length))) + rest


def packed_fn(fn: str) -> bytes:
    """Number of a storage as packed decimal; a number shorter than 16 digits is padded with F."""
    if not (fn.isascii() and fn.isdigit()) or len(fn) > 16:
        raise ValueError(f"number of the fiscal storage is {fn!r}, not 1 to 16 digits")
    return bytes.fromhex(fn.ljust(16, "F"))


def _fn_of(bcd: bytes) -> str:
    fn = bcd.hex().rstrip("f")
    if not fn.isdigit():
        raise MalformedContainer("fiscal storage", f"{bcd.hex()} is not a packed decimal number")
    return fn
