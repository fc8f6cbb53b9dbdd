"""KKT↔OFD exchange without I/O: bytes in, events out, one state table for both roles.

`Connection` frames and checks session messages, `Container` reads and writes what they carry.
Source: the tax service's protocol of data exchange between a cash register and an operator, v1.1.006;
byte order of the container from messages of registers in use. What no source confirms is named so in `container`.
"""

from .connection import NEED_DATA, Connection
from .container import FROM_FN, FROM_OFD, BadChecksum, Container, MalformedContainer
from .crc import crc16
from .events import Answer, Closed, Document, Event, Ping, Pong
from .header import HEADER_SIZE, MAX_BODY, OISM, SessionHeader, p_version
from .states import LocalProtocolError, ProtocolError, RemoteProtocolError, Role, State

__all__ = [
    "FROM_FN",
    "FROM_OFD",
    "HEADER_SIZE",
    "MAX_BODY",
    "NEED_DATA",
    "OISM",
    "Answer",
    "BadChecksum",
    "Closed",
    "Connection",
    "Container",
    "Document",
    "Event",
    "LocalProtocolError",
    "MalformedContainer",
    "Ping",
    "Pong",
    "ProtocolError",
    "RemoteProtocolError",
    "Role",
    "SessionHeader",
    "State",
    "crc16",
    "p_version",
]
