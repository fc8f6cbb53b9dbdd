"""States of a connection between a cash register (KKT) and an operator (OFD).

The register speaks first and waits; the operator only ever answers, on the same connection, and keeps it open for the
next message. So both sides are always in the same state, and one table serves both: it says who may do what now.

    IDLE ── register: Document ──▶ DOCUMENT_SENT ── operator: Answer ──▶ IDLE
    IDLE ── register: Ping ──────▶ PING_SENT ────── operator: Pong ────▶ IDLE
    any  ── either: Closed ──────▶ CLOSED

An operator that can't check a message gives no answer: it drops what it had and closes ("reset of processing").
An event that the table doesn't have is the fault of whoever caused it: `LocalProtocolError` when we did,
`RemoteProtocolError` when the other side did. After a remote one the connection is in ERROR and only closing is left.
"""

from __future__ import annotations

from enum import Enum

from .events import Answer, Closed, Document, Ping, Pong


class Role(Enum):
    KKT = "register"
    OFD = "operator"

    @property
    def peer(self) -> Role:
        return Role.OFD if self is Role.KKT else Role.KKT


class State(Enum):
    IDLE = "idle"
    DOCUMENT_SENT = "document sent"
    PING_SENT = "ping sent"
    CLOSED = "closed"
    ERROR = "error"


class ProtocolError(Exception):
    """The protocol was broken; see the two subclasses for whose fault it is."""


class LocalProtocolError(ProtocolError):
    """Our own code tried something that the protocol does not allow now. Nothing was sent."""


class RemoteProtocolError(ProtocolError):
    """The other side sent something wrong. Close the connection; what it had begun counts as not received."""


_Row = dict[tuple[Role, type], State]

_CLOSE: _Row = {(Role.KKT, Closed): State.CLOSED, (Role.OFD, Closed): State.CLOSED}

TRANSITIONS: dict[State, _Row] = {
    State.IDLE: {(Role.KKT, Document): State.DOCUMENT_SENT, (Role.KKT, Ping): State.PING_SENT, **_CLOSE},
    State.DOCUMENT_SENT: {(Role.OFD, Answer): State.IDLE, **_CLOSE},
    State.PING_SENT: {(Role.OFD, Pong): State.IDLE, **_CLOSE},
    State.CLOSED: _CLOSE,
    State.ERROR: _CLOSE,
}
