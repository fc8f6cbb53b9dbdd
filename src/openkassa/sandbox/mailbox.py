"""The mailbox: a real SMTP server that takes every mail and shows it, and the reading of what it took."""

from __future__ import annotations

import asyncio
import email
import email.policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from openkassa.core.clock import now
from openkassa.sandbox.store import Store

MESSAGE_LIMIT = 10 * 1024 * 1024


class Handler:
    """Stores what arrives, with the faults that are switched on."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        if delay := self._store.take_fault("smtp.delay"):
            await asyncio.sleep(delay)
        if code := int(self._store.take_fault("smtp.refuse")):
            return f"{code} refused, as the sandbox was told to"
        raw = envelope.original_content or b""
        for _ in range(2 if self._store.take_fault("smtp.twice") else 1):
            self._store.add_mail(now(), envelope.mail_from or "", list(envelope.rcpt_tos), raw)
        if self._store.take_fault("smtp.lose_answer") and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 taken"


async def serve(store: Store, bind: str, port: int) -> asyncio.Server:
    """The running SMTP server. Raises `OSError` when the port is taken."""
    handler = Handler(store)

    def connection() -> SMTP:
        return SMTP(
            handler, enable_SMTPUTF8=True, data_size_limit=MESSAGE_LIMIT, hostname="sandbox.test", ident="sandbox"
        )

    return await asyncio.get_running_loop().create_server(connection, bind, port)


def read_mail(row: dict[str, Any]) -> dict[str, Any]:
    """A stored mail for people and tests: headers, text, HTML, names of attachments. Bad mail gives empty fields."""
    message = email.message_from_bytes(row["raw"], policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return {
        "id": row["id"],
        "received_at": row["at"],
        "from": row["sender"],
        "to": row["recipients"],
        "subject": _header(message, "Subject"),
        "message_id": _header(message, "Message-ID"),
        "text": _body(message, "plain"),
        "html": _body(message, "html"),
        "attachments": [part.get_filename() or "" for part in message.iter_attachments()]
        if message.is_multipart()
        else [],
    }


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except (ValueError, IndexError, AttributeError):  # the email package's own faults on malformed headers
        return ""


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError, AssertionError):
        data = part.get_payload(decode=True)
        return data.decode("utf-8", "replace") if isinstance(data, bytes) else ""
