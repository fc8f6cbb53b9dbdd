"""Server of the driver protocol: frames in, frames out, over TCP or a unix socket."""

from __future__ import annotations

import asyncio
from hmac import compare_digest
from pathlib import Path

import msgspec
import structlog

from openkassa.fiscal import driver

from .config import DeviceProblem, host_and_port
from .device import Device
from .faults import Faults
from .journal import JournalDamaged
from .register import InDoubt

log = structlog.get_logger()

MAX_CONNECTIONS = 256
READ_LIMIT = 1 << 20  # how much of a frame is buffered before the sender has to wait
MAX_SOCKET_PATH = 107


class Server:
    def __init__(self, device: Device) -> None:
        self._device = device
        self._secret = device.config.secret.encode()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task] = set()

    async def start(self) -> None:
        """Listen. DeviceProblem when the address can't be used."""
        listen = self._device.config.listen
        try:
            if listen.startswith("unix:"):
                self._server = await self._listen_unix(Path(listen.removeprefix("unix:")))
            else:
                host, port = host_and_port(listen)
                self._server = await asyncio.start_server(self._serve, host, port, limit=READ_LIMIT)
        except OSError as error:
            raise DeviceProblem(f"can't listen on {listen}: {error}") from None

    async def stop(self) -> None:
        """Take no more connections and drop those that are open."""
        if self._server:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _listen_unix(self, path: Path) -> asyncio.Server:
        if len(bytes(path)) > MAX_SOCKET_PATH:
            raise DeviceProblem(f"socket path {path} is longer than {MAX_SOCKET_PATH} bytes")
        path.unlink(missing_ok=True)  # of a process that was killed; the home's lock says that it is gone
        server = await asyncio.start_unix_server(self._serve, path, limit=READ_LIMIT)
        path.chmod(0o600)
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= MAX_CONNECTIONS:
            writer.close()
            return
        self._connections.add(task)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, driver.FrameTooLong, InDoubt) as error:
            log.info("device.connection_closed", reason=str(error) or type(error).__name__)
        except asyncio.CancelledError:
            log.info("device.connection_closed", reason="the device stops")
        except Exception:
            log.exception("device.request_broken")  # no answer: the caller asks again
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read a request and answer it; False to close the connection."""
        head = await reader.read(1)
        if not head:
            return False  # closed between requests
        length = driver.frame_length(head + await reader.readexactly(driver.LENGTH_SIZE - 1))
        body = await reader.readexactly(length)
        try:
            request = driver.decode_request(body)
        except msgspec.DecodeError as error:
            failed = driver.Failed(code="bad_request", text=f"not a request: {error}")
            await _send(writer, driver.Answer(id=0, reply=failed))
            return False
        if not compare_digest(request.secret.encode(), self._secret):
            failed = driver.Failed(code="bad_secret", text="the secret is not this device's")
            await _send(writer, driver.Answer(id=request.id, reply=failed))
            return False
        return await self._answer(request, writer)

    async def _answer(self, request: driver.Request, writer: asyncio.StreamWriter) -> bool:
        faults = self._faults_of(request.verb)
        while faults and faults.is_on("hang"):
            await asyncio.sleep(0.1)
        delay = faults.take("delay") if faults else None
        if delay:
            await asyncio.sleep(float(delay))
        try:
            reply = await self._device.serve(request.verb)
        except JournalDamaged as error:
            reply = driver.Failed(code="journal_damaged", text=str(error))
        if faults and isinstance(request.verb, driver.Execute) and faults.take("lose_answer") is not None:
            return False
        answer = driver.Answer(id=request.id, reply=reply)
        await _send(writer, answer)
        if faults and faults.take("answer_twice") is not None:
            await _send(writer, answer)
        return True

    def _faults_of(self, verb: driver.Verb) -> Faults | None:
        """Faults of the register that a verb is for; switching faults is never disturbed by them."""
        register = self._device.registers.get(verb.serial)
        return None if register is None or isinstance(verb, driver.SetFault) else register.faults


async def _send(writer: asyncio.StreamWriter, answer: driver.Answer) -> None:
    writer.write(driver.frame(answer))
    await writer.drain()
