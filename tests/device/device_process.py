"""A device as a real process, and a small operator, for the tests of the device."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

from tests.fiscal.fn.fn_samples import FN, INN, RNM, SERIAL, receipt_content, registration_content

from openkassa.fiscal import driver, wire
from openkassa.fiscal.fn import emulation, make_acknowledgement
from openkassa.kassa.registers.drivers.base import DeviceUnreachable
from openkassa.kassa.registers.drivers.emulator import DeviceConnection, EmulatorDriver

SECRET = "a secret of the tests"
CONTENT = receipt_content(1000, 500, 250, items=5)


class DeviceProcess:
    """`python -m openkassa.device` on `home`; what it prints goes to home/log."""

    def __init__(self, home: Path, *, ofd: str | None = None, registers: list[dict] | None = None, **config) -> None:
        self.home = home
        self.address = config.setdefault("listen", f"unix:{home}/s")
        listed = [{"serial": SERIAL, "fn": FN}] if registers is None else registers
        settings = {"secret": SECRET, "ofd": ofd, "registers": listed, **config}
        (home / "device.json").write_text(json.dumps(settings))
        self.process: subprocess.Popen | None = None

    def start(self, *, faults: bool = True, **environ: str) -> DeviceProcess:
        command = [sys.executable, "-m", "openkassa.device", "--home", str(self.home)]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command + ["--faults"] * faults, stdout=log, stderr=log, env={**os.environ, **environ}
            )
        self.wait_ready()
        return self

    def wait_ready(self) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise AssertionError((self.home / "log").read_text())
            connection = self.connect()
            try:
                connection.ask(driver.GetStatus(serial="none"), driver.Status)
            except DeviceUnreachable:
                time.sleep(0.02)
            except Exception:
                return
            finally:
                connection.close()
        raise AssertionError("the device did not start")

    def connect(self, **kwargs) -> DeviceConnection:
        return DeviceConnection(self.address, SECRET, **kwargs)

    def register(self, serial: str = SERIAL, **kwargs) -> EmulatorDriver:
        return EmulatorDriver(self.connect(**kwargs), serial)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        if self.process and self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(10)

    def wait_dead(self) -> int:
        return self.process.wait(10)


class Operator:
    """A little OFD in a thread: checks what it gets and acknowledges it; can be told to misbehave."""

    def __init__(self, port: int = 0) -> None:
        self.received: list[wire.Container] = []  # with repeats
        self.pings = 0
        self.code = 0
        self.close_before_answer = 0  # how many documents are taken and then not answered
        self.cut_answer = 0  # how many answers are cut in the middle
        self.spoil_answer = 0  # how many answers have a wrong sign
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(port, started), daemon=True)
        self._thread.start()
        assert started.wait(5)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def numbers(self) -> list[int]:
        return [container.fd for container in self.received]

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self, port: int, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", port))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = wire.Connection(wire.Role.OFD)
        try:
            while True:
                event = connection.next_event()
                if event is wire.NEED_DATA:
                    connection.receive_data(await reader.read(65536))
                elif isinstance(event, wire.Ping):
                    self.pings += 1
                    writer.write(connection.send(wire.Pong(event.fn, event.version)))
                elif isinstance(event, wire.Closed) or not self._take(event, connection, writer):
                    return
        finally:
            writer.close()

    def _take(self, event: wire.Document, connection: wire.Connection, writer: asyncio.StreamWriter) -> bool:
        container = wire.Container.parse(event.container)
        assert emulation.message_sign_holds(container) and emulation.fiscal_sign_holds(container)
        self.received.append(container)
        if self.close_before_answer:
            self.close_before_answer -= 1
            return False
        answer = make_acknowledgement(container, operator_inn="7704358518", code=self.code, local_time=1_767_000_000)
        if self.spoil_answer:
            self.spoil_answer -= 1
            spoilt = wire.Container.parse(answer)
            answer = wire.container.seal(spoilt.signed_part(), b"\x82\x06wrong!")
        data = connection.send(wire.Answer(event.fn, event.version, answer))
        if self.cut_answer:
            self.cut_answer -= 1
            writer.write(data[: len(data) // 2])
            return False
        writer.write(data)
        return True


def free_address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def task_id() -> str:
    return uuid.uuid4().hex


def registration() -> driver.Register:
    return driver.Register(
        id=task_id(), rnm=RNM, inn=INN, taxation=1, ffd=4, utc_offset=180, content=registration_content()
    )


def receipt(total: int = 1500, **changes) -> driver.MakeReceipt:
    fields = {"id": task_id(), "form": 3, "operation": 1, "total": total, "content": CONTENT} | changes
    return driver.MakeReceipt(**fields)


def make_ready(register: EmulatorDriver) -> None:
    """Registered, with a shift open: documents 1 and 2 are made."""
    made = register.execute([registration(), driver.OpenShift(id=task_id())], expected_fd=1, fence=1)
    assert [document.fd for document in made] == [1, 2], made


def wait_until(condition, seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
