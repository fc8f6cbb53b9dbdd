"""The marking service's port for cash registers (ОИСМ): answers questions about codes, takes notifications of sales."""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from openkassa.core.clock import now
from openkassa.fiscal import wire
from openkassa.fiscal.ffd.marks import CODE_CHECKED, CODE_RIGHT, STATUS_CHECKED, STATUS_RIGHT
from openkassa.fiscal.ffd.tlv import first
from openkassa.fiscal.fn import emulation, oism
from openkassa.sandbox.marking.codes import Codes
from openkassa.sandbox.store import Store

READ_SIZE = 65536
SOLD = frozenset({1, 2})  # 2003: goods leave
# State of a code → what is said of goods that leave, and of goods that come back (2109).
GOODS = {
    "in_circulation": (oism.GOODS_RIGHT, oism.GOODS_RIGHT),
    "gray_zone": (oism.GOODS_RIGHT, oism.GOODS_RIGHT),
    "sold": (oism.GOODS_WRONG, oism.GOODS_RIGHT),
    "blocked": (oism.GOODS_STOPPED, oism.GOODS_STOPPED),
}
OTHER = (oism.GOODS_WRONG, oism.GOODS_WRONG)

log = structlog.get_logger(__name__)


class OismServer:
    def __init__(self, store: Store, codes: Codes) -> None:
        self._store = store
        self._codes = codes
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task] = set()

    async def start(self, host: str, port: int) -> None:
        self._server = await asyncio.start_server(self._serve, host, port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        connection = wire.Connection(wire.Role.OFD, protocol=wire.OISM)
        try:
            with contextlib.suppress(ConnectionError):
                while True:
                    while (event := connection.next_event()) is wire.NEED_DATA:
                        connection.receive_data(await reader.read(READ_SIZE))
                    if isinstance(event, wire.Ping):
                        writer.write(connection.send(wire.Pong(event.fn, event.version)))
                    elif isinstance(event, wire.Document):
                        answer = await self._answer(event.container)
                        writer.write(connection.send(wire.Answer(event.fn, event.version, answer)))
                    else:
                        return
                    await writer.drain()
        except (wire.ProtocolError, wire.MalformedContainer, oism.BadMessage, emulation.NotEmulated) as error:
            log.info("sandbox_marking_dropped", reason=str(error))  # no answer, as the real one does
        finally:
            self._connections.discard(task)
            writer.close()

    async def _answer(self, data: bytes) -> bytes:
        container = wire.Container.parse(data)
        if not emulation.message_sign_holds(container):
            raise oism.BadMessage("the sign of the message is wrong")
        if delay := self._store.take_fault("marking.exchange_delay"):
            await asyncio.sleep(delay)
        if self._store.take_fault("marking.exchange_silent"):
            raise oism.BadMessage("the sandbox was told to say nothing")
        at = now()
        local = int(at.timestamp()) + 3 * 3600  # of Moscow, where the service is
        if container.form == oism.QUESTION:
            asked = oism.read(container, oism.QUESTION)
            return oism.answer(container, self._reply(str(asked[2000]), int(asked[2003])), local)
        for tag, goods in oism.read_all(container, oism.NOTIFICATION):
            if tag == 2007 and isinstance(goods, list):
                status = first(goods, 2110)
                self._codes.sold(str(first(goods, 2000)), status if isinstance(status, int) else 0, at)
        return oism.received(container, local)

    def _reply(self, code: str, status: int) -> oism.Reply:
        state = self._codes.state(code)
        if state is None:
            return oism.Reply(oism.READ, oism.GOODS_WRONG, STATUS_CHECKED)
        goods = GOODS.get(state, OTHER)[0 if status in SOLD else 1]
        results = CODE_CHECKED | STATUS_CHECKED | (0 if state == "not_verified" else CODE_RIGHT)
        return oism.Reply(oism.READ, goods, results | (STATUS_RIGHT if goods == oism.GOODS_RIGHT else 0))
