"""E-mail over SMTP (RFC 5321): one message of ours, one answer that says what became of it.

`KASSA_SMTP_URL` is `smtp://[user:password@]host[:port]` or `smtps://…`. With `smtp` TLS is begun (STARTTLS) where
the server offers it; a password is sent without TLS to this machine only. `?from=` names the sender; without it
it is no-reply at the host of `KASSA_PUBLIC_URL`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

from openkassa.core.letters import Letter

STEP_SECONDS = 10.0
TOTAL_SECONDS = 40.0  # for one message, connecting included


class DeliveryRefused(Exception):
    """The message will never be taken: a wrong address, say. Sending it again makes no sense."""


class DeliveryFailed(Exception):
    """The message was not taken now, or we don't know. It is to be sent again later."""


@dataclass(frozen=True, slots=True)
class MailServer:
    host: str
    port: int
    tls: bool  # from the first byte
    user: str
    password: str
    sender: str

    @property
    def on_this_machine(self) -> bool:
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


def mail_server(url: str, public_url: str) -> MailServer:
    """The server that `KASSA_SMTP_URL` names."""
    parts = urlsplit(url)
    tls = parts.scheme == "smtps"
    sender = parse_qs(parts.query).get("from", [f"no-reply@{urlsplit(public_url).hostname}"])[0]
    return MailServer(
        host=parts.hostname or "",
        port=parts.port or (465 if tls else 25),
        tls=tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        sender=sender,
    )


def compose(
    letter: Letter, *, sender: str, recipient: str, sender_name: str, message_id: str, at: dt.datetime
) -> EmailMessage:
    """A message with a text and an HTML part. Raises `DeliveryRefused` for an address that can't be written."""
    message = EmailMessage()
    try:
        message["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2]}>"
        message["Date"] = format_datetime(at)
        message["From"] = Address(display_name=" ".join(sender_name.split())[:100], addr_spec=sender)
        message["To"] = _one_address(recipient)
        message["Subject"] = letter.subject
    except (ValueError, IndexError, HeaderParseError) as error:
        raise DeliveryRefused(f"this address can't be written to: {error}") from error
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def _one_address(text: str) -> Address:
    """The recipient, who must be one. A domain in national letters takes its ASCII form."""
    name, _, domain = text.rpartition("@")
    return Address(addr_spec=f"{name}@{domain.encode('idna').decode('ascii')}")


@contextlib.contextmanager
def connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A connection that is ready for `send`. Raises `DeliveryFailed`."""
    context = ssl.create_default_context()
    try:
        with _deadline() as watched:
            if server.tls:
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=STEP_SECONDS, context=context)
            else:
                smtp = smtplib.SMTP(server.host, server.port, timeout=STEP_SECONDS)
            watched.append(smtp)
            smtp.ehlo_or_helo_if_needed()
            if not server.tls and smtp.has_extn("starttls"):
                smtp.starttls(context=context)
                smtp.ehlo()
            _sign_in(smtp, server)
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryFailed(_text(f"the mail server {server.host}:{server.port} can't be used", error)) from error
    try:
        yield smtp
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException), _deadline() as watched:
            watched.append(smtp)
            smtp.quit()
        smtp.close()


def send(smtp: smtplib.SMTP, message: EmailMessage) -> None:
    """Hands one message over. Raises `DeliveryRefused` or `DeliveryFailed`."""
    try:
        with _deadline() as watched:
            watched.append(smtp)
            smtp.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        _raise_for(code, text, error)
    except smtplib.SMTPResponseException as error:
        _raise_for(error.smtp_code, error.smtp_error, error)
    except smtplib.SMTPNotSupportedError as error:
        raise DeliveryRefused(_text("the mail server can't take such an address", error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryFailed(_text("the connection to the mail server broke", error)) from error


def _sign_in(smtp: smtplib.SMTP, server: MailServer) -> None:
    if not server.user:
        return
    if not (isinstance(smtp.sock, ssl.SSLSocket) or server.on_this_machine):
        raise smtplib.SMTPException("it offers no TLS, and the password is not sent without it; use smtps://")
    smtp.login(server.user, server.password)


def _raise_for(code: int, text: bytes | str, error: Exception) -> None:
    """RFC 5321 4.2.1: 4yz is «later», 5yz «never»."""
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    kind = DeliveryRefused if 500 <= code < 600 else DeliveryFailed
    raise kind(f"the mail server answered {code} {shown}"[:400]) from error


def _text(what: str, error: Exception) -> str:
    return f"{what}: {error or type(error).__name__}"[:400]


@contextlib.contextmanager
def _deadline() -> Iterator[list[smtplib.SMTP]]:
    """Shuts the connections that are put into the list when the time for a message is over: smtplib limits each
    step alone, and a server that drips its answers would hold us for ever."""
    watched: list[smtplib.SMTP] = []

    def shut() -> None:
        for smtp in watched:
            with contextlib.suppress(OSError):
                if smtp.sock is not None:
                    smtp.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(TOTAL_SECONDS, shut)
    timer.daemon = True
    timer.start()
    try:
        yield watched
    finally:
        timer.cancel()
