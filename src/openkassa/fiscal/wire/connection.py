"""One connection of the KKT↔OFD protocol, without a socket.

connection = Connection(Role.OFD)
connection.receive_data(data)          # whatever the socket gave; b"" when it is closed
while (event := connection.next_event()) is not NEED_DATA:
    ...
socket.sendall(connection.send(Answer(event.fn, event.version, container)))
"""

from __future__ import annotations

from .events import Answer, Closed, Document, Event, Ping, Pong
from .header import HEADER_SIZE, MAX_BODY, OFD, MalformedHeader, Protocol, SessionHeader, checksum_holds
from .states import TRANSITIONS, LocalProtocolError, RemoteProtocolError, Role, State


class _NeedData:
    def __repr__(self) -> str:
        return "NEED_DATA"


NEED_DATA = _NeedData()


class Connection:
    """State of one side. `max_body` bounds what a message may carry, in bytes.

    At most one whole message and one read of the caller's are held in memory: the header is checked as soon as it has
    arrived, and a body longer than the limit is refused before it is waited for.
    """

    def __init__(self, role: Role, *, max_body: int = MAX_BODY, protocol: Protocol = OFD) -> None:
        self.role = role
        self.state = State.IDLE
        self._max_body = max_body
        self._protocol = protocol
        self._buffer = bytearray()
        self._header: SessionHeader | None = None
        self._eof = False

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the other side; `b""` means that it has closed."""
        if not data:
            self._eof = True
        elif self._eof:
            raise LocalProtocolError("data was given after the end of the stream")
        else:
            self._buffer += data

    def next_event(self) -> Event | _NeedData:
        """Next whole event, or NEED_DATA. RemoteProtocolError when the other side broke the protocol."""
        if self.state is State.ERROR:
            raise RemoteProtocolError("the connection is already broken")
        try:
            event = self._read_event()
            if event is None:
                return NEED_DATA
            self._move(self.role.peer, event, RemoteProtocolError)
        except RemoteProtocolError:
            self.state = State.ERROR
            raise
        return event

    def send(self, event: Event) -> bytes:
        """Bytes to send for `event` (none for Closed). LocalProtocolError when it isn't our turn or it is malformed."""
        if isinstance(event, Closed):
            self._move(self.role, event, LocalProtocolError)
            return b""
        body = event.container if isinstance(event, (Document, Answer)) else b""
        if len(body) > self._max_body:
            raise LocalProtocolError(f"the container has {len(body)} bytes, the limit is {self._max_body}")
        header = SessionHeader(event.fn, event.version, len(body), event.flags)
        if header.has_container != bool(body):
            raise LocalProtocolError("the flags and the container don't agree")
        try:
            data = header.pack(body, self._protocol) + body
        except ValueError as error:
            raise LocalProtocolError(str(error)) from None
        self._move(self.role, event, LocalProtocolError)
        return data

    def _move(self, who: Role, event: Event, error: type[Exception]) -> None:
        target = TRANSITIONS[self.state].get((who, type(event)))
        if target is None:
            raise error(f"the {who.value} may not send {type(event).__name__} in state “{self.state.value}”")
        self.state = target

    def _read_event(self) -> Event | None:
        header = self._header
        if header is None:
            if len(self._buffer) < HEADER_SIZE:
                return self._at_end()
            header = self._header = self._read_header()
        end = HEADER_SIZE + header.body_length
        if len(self._buffer) < end:
            return self._at_end()
        raw = bytes(self._buffer[:HEADER_SIZE])
        body = bytes(self._buffer[HEADER_SIZE:end])
        del self._buffer[:end]
        self._header = None
        if not checksum_holds(header, raw, body):
            raise RemoteProtocolError("the checksum of the session message is wrong")
        return self._event_of(header, body)

    def _read_header(self) -> SessionHeader:
        try:
            header = SessionHeader.parse(bytes(self._buffer[:HEADER_SIZE]), self._protocol)
        except MalformedHeader as error:
            raise RemoteProtocolError(str(error)) from None
        if header.body_length > self._max_body:
            raise RemoteProtocolError(f"a body of {header.body_length} bytes is over the limit of {self._max_body}")
        if header.has_container != bool(header.body_length):
            raise RemoteProtocolError("the container flag and the length of the body don't agree")
        return header

    def _event_of(self, header: SessionHeader, body: bytes) -> Event:
        from_register = self.role is Role.OFD
        if header.has_container:
            kind = Document if from_register else Answer
            return kind(header.fn, header.version, body, header.flags)
        empty = Ping if from_register else Pong
        return empty(header.fn, header.version, header.flags)

    def _at_end(self) -> Closed | None:
        if not self._eof:
            return None
        if self._buffer:
            raise RemoteProtocolError("the connection was closed in the middle of a message")
        return Closed()
