"""Session header of the KKT↔OFD protocol and of that with the marking service (ОИСМ): 30 bytes before each message.

    0   4  signature 2A 08 41 0A
    4   2  version of the session protocol, 81 A2 (1.1)
    6   2  version of the application protocol: the FFD version, but registers send 00 01 with FFD 1.05 too,
           so it is echoed and the document's own tag 1209 decides
    8  16  number of the fiscal storage, ASCII, padded with spaces
    24  2  LE length of the body
    26  2  LE flags
    28  2  LE CRC-16 of the first 28 bytes, and of the body too when the flags say so

Flags: bits 1-0 say what the CRC covers (00 nothing, 01 header, 10 header and body, 11 forbidden); bit 2 a container
follows; bit 3 reserved; bits 5-4 equal to 01 an answer is expected; bits 7-6 priority; the high byte is zero.
Registers in use send 0x0014 with a CRC field of zero, and operators answer with the same.

Messages to the marking service have signature DD 80 CA A1, session version 82 A2 and application version 00 01; the
rest is the same (from two independent implementations).
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

import msgspec

from .crc import crc16

SIGNATURE = b"\x2a\x08\x41\x0a"
S_VERSION = b"\x81\xa2"
HEADER_SIZE = 30
# 32-byte container header, STLV header, the longest document (tags 3, 4, 21, 31, 41) and its message sign.
MAX_BODY = 32 + 4 + 32768 + 10

CRC_MASK = 0b11
CRC_NONE = 0b00
CRC_HEADER = 0b01
CRC_ALL = 0b10
HAS_CONTAINER = 0b100
FLAGS_DOCUMENT = 0x0014
FLAGS_PING = 0x0010
FLAGS_PONG = 0x0000

_P_VERSION_OF = {1: b"\x01\x00", 2: b"\x01\x05", 3: b"\x01\x10", 4: b"\x01\x20"}
P_VERSIONS = frozenset({b"\x00\x01", b"\x00\x02", *_P_VERSION_OF.values()})
_LAYOUT = Struct("<4s2s2s16sHHH")


class Protocol(NamedTuple):
    """What tells the messages of one kind of service from another's."""

    signature: bytes
    s_version: bytes
    p_versions: frozenset[bytes]


OFD = Protocol(SIGNATURE, S_VERSION, P_VERSIONS)
OISM = Protocol(b"\xdd\x80\xca\xa1", b"\x82\xa2", frozenset({b"\x00\x01"}))


class MalformedHeader(ValueError):
    """The 30 bytes aren't a session header of this protocol; the text says which field."""


def p_version(ffd: int) -> bytes:
    """Application protocol version to send for an FFD number (tag 1209); ValueError for an unknown one."""
    try:
        return _P_VERSION_OF[ffd]
    except KeyError:
        raise ValueError(f"no application protocol version for FFD number {ffd}") from None


class SessionHeader(msgspec.Struct, frozen=True):
    fn: str
    version: bytes  # of the application protocol, see `p_version`
    body_length: int
    flags: int
    crc: int = 0

    @property
    def has_container(self) -> bool:
        return bool(self.flags & HAS_CONTAINER)

    @classmethod
    def parse(cls, data: bytes, protocol: Protocol = OFD) -> SessionHeader:
        """Read exactly 30 bytes. Checks every field but the CRC, which may need the body: see `checksum_holds`."""
        signature, s_version, version, fn, length, flags, crc = _LAYOUT.unpack(data)
        if signature != protocol.signature:
            raise MalformedHeader(f"signature is {signature.hex()}, not {protocol.signature.hex()}")
        if s_version != protocol.s_version:
            raise MalformedHeader(f"session protocol version is {s_version.hex()}, not {protocol.s_version.hex()}")
        if version not in protocol.p_versions:
            raise MalformedHeader(f"application protocol version {version.hex()} is unknown")
        number = fn.rstrip(b" ")
        if not number.isdigit():
            raise MalformedHeader(f"number of the fiscal storage is {fn!r}, not digits")
        if flags & CRC_MASK == CRC_MASK:
            raise MalformedHeader("flags carry the forbidden CRC mode 11")
        if flags >> 8:
            raise MalformedHeader(f"high byte of the flags is {flags >> 8:#04x}, not zero")
        return cls(number.decode("ascii"), version, length, flags, crc)

    def pack(self, body: bytes = b"", protocol: Protocol = OFD) -> bytes:
        """Header bytes, with the CRC that the flags ask for."""
        fn = self.fn.encode("ascii", "replace").ljust(16)
        if len(fn) != 16 or not fn.rstrip().isdigit():
            raise ValueError(f"number of the fiscal storage is {self.fn!r}, not 1 to 16 digits")
        if self.version not in protocol.p_versions:
            raise ValueError(f"application protocol version {self.version.hex()} is unknown")
        signature, s_version = protocol.signature, protocol.s_version
        head = _LAYOUT.pack(signature, s_version, self.version, fn, self.body_length, self.flags, 0)[:28]
        return head + _checksum(self.flags, head, body).to_bytes(2, "little")


def checksum_holds(header: SessionHeader, raw: bytes, body: bytes) -> bool:
    """Whether the CRC of a received message is right; True when its flags say that there is none."""
    if header.flags & CRC_MASK == CRC_NONE:
        return True
    return _checksum(header.flags, raw[:28], body) == header.crc


def _checksum(flags: int, head: bytes, body: bytes) -> int:
    mode = flags & CRC_MASK
    if mode == CRC_NONE:
        return 0
    crc = crc16(head)
    return crc16(body, crc) if mode == CRC_ALL else crc
