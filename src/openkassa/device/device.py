"""Device: the registers of one process, their delivery, and the verbs of the driver protocol."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import structlog

from openkassa.fiscal import driver

from . import config as configuration
from .clock import Clock
from .config import DeviceConfig, RegisterConfig
from .delivery import Delivery
from .journal import Journal, Opened
from .marking import Marking
from .register import Register

log = structlog.get_logger()

SYNC_THREADS = 8


class Device:
    """Everything of one home directory. Call `start` inside a running loop, `stop` when the server is closed."""

    def __init__(
        self, home: Path, config: DeviceConfig, *, clock: Clock, faults_allowed: bool = False, random: Random
    ) -> None:
        self.home = home
        self.config = config
        self.clock = clock
        self.registers: dict[str, Register] = {}
        self._faults_allowed = faults_allowed
        self._random = random
        self._executor = ThreadPoolExecutor(SYNC_THREADS, thread_name_prefix="journal")
        self._deliveries: dict[str, asyncio.Task[None]] = {}
        self._notifications: dict[str, asyncio.Task[None]] = {}
        self._adding = asyncio.Lock()

    async def start(self) -> None:
        for register in self.config.registers:
            self._start_register(register)

    async def stop(self) -> None:
        """End deliveries, wait for what is being written, leave checkpoints."""
        tasks = [*self._deliveries.values(), *self._notifications.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._executor.shutdown(wait=True)
        for register in self.registers.values():
            register.close()

    async def serve(self, verb: driver.Verb) -> driver.Reply:
        """Answer one verb. InDoubt when there must be no answer."""
        if isinstance(verb, driver.AddRegister):
            return await self._add_register(verb)
        register = self.registers.get(verb.serial)
        if register is None:
            return driver.Failed(code="unknown_register", text=f"there is no register {verb.serial} in this device")
        match verb:
            case driver.Execute():
                return await register.execute(verb)
            case driver.GetStatus():
                return await register.status()
            case driver.FindTask():
                return await register.find_task(verb)
            case driver.ListDocuments():
                return await register.list_documents(verb)
            case driver.ListAcknowledgements():
                return await register.list_acknowledgements(verb)
            case driver.CheckMarks():
                return await register.check_marks(verb)
            case driver.SetFault():
                return self._set_fault(register, verb)

    def _set_fault(self, register: Register, verb: driver.SetFault) -> driver.Reply:
        if not self._faults_allowed:
            return driver.Failed(code="faults_off", text="this device was started without --faults")
        problem = register.faults.set(verb)
        if problem:
            return driver.Failed(code="bad_request", text=problem)
        register.documents_made.set()  # the delivery looks at its faults again
        return driver.Done()

    async def _add_register(self, verb: driver.AddRegister) -> driver.Reply:
        async with self._adding:
            known = self.registers.get(verb.serial)
            if known and known.fn == verb.fn:
                return driver.Done()
            if known and (known.broken or known.storage.state.phase != 15 or known.storage.notices):
                text = f"register {verb.serial} has storage {known.fn}, which is not closed and delivered yet"
                return driver.Failed(code="register_exists", text=text)
            new = _config_of(verb, known)
            others = [register for register in self.config.registers if register.serial != verb.serial]
            problem = configuration.check_register(new, others)
            if len(others) >= configuration.MAX_REGISTERS:
                problem = f"a device holds at most {configuration.MAX_REGISTERS} registers"
            if not problem and known and self._journal_path(verb.fn).exists():
                problem = f"storage {verb.fn} has been in a register of this device before"
            if problem:
                return driver.Failed(code="bad_request", text=problem)
            return await self._install(new, others, known)

    async def _install(
        self, new: RegisterConfig, others: list[RegisterConfig], replaced: Register | None
    ) -> driver.Reply:
        """Journal first, then the list: a crash between them leaves a journal that the same request takes up again."""
        config = DeviceConfig(**{name: getattr(self.config, name) for name in self.config.__struct_fields__})
        config.registers = [*others, new]
        try:
            self._create_journal(new)
            configuration.save(self.home, config)
        except OSError as error:
            return driver.Failed(code="journal_failed", text=f"the register can't be kept: {error.strerror}")
        self.config = config
        if replaced:
            for tasks in (self._deliveries, self._notifications):
                task = tasks.pop(new.serial, None)
                if task:
                    task.cancel()
            replaced.close()
        self._start_register(new)
        log.info("device.register_added", serial=new.serial, fn=new.fn)
        return driver.Done()

    def _start_register(self, config: RegisterConfig) -> None:
        if not self._journal_path(config.fn).exists():
            self._create_journal(config)
        register = Register(
            self._journal_path(config.fn),
            serial=config.serial,
            fn=config.fn,
            clock=self.clock,
            executor=self._executor,
            pace=config.documents_per_second,
        )
        self.registers[config.serial] = register
        service = configuration.host_and_port(self.config.oism) if self.config.oism else None
        register.marking = Marking(register, service, random=self._random)
        notices = asyncio.create_task(register.marking.run(), name=f"notifications {config.serial}")
        self._notifications[config.serial] = notices
        if self.config.ofd is None:
            return
        delivery = Delivery(
            register,
            configuration.host_and_port(self.config.ofd),
            random=self._random,
            answer_seconds=self.config.answer_seconds,
            ping_seconds=self.config.ping_seconds,
        )
        self._deliveries[config.serial] = asyncio.create_task(delivery.run(), name=f"delivery {config.serial}")

    def _create_journal(self, config: RegisterConfig) -> None:
        path = self._journal_path(config.fn)
        if not path.exists():
            opened = Opened(config.fn, config.serial, config.days, config.documents_limit, config.undelivered_limit)
            Journal.create(path, opened).close()

    def _journal_path(self, fn: str) -> Path:
        return self.home / f"{fn}.journal"


def _config_of(verb: driver.AddRegister, known: Register | None) -> RegisterConfig:
    """A new storage changes nothing about how fast its register is."""
    pace = known.pace if known and verb.documents_per_second is None else verb.documents_per_second
    config = RegisterConfig(verb.serial, verb.fn, pace)
    if verb.documents_limit is not None:
        config.documents_limit = verb.documents_limit
    if verb.days is not None:
        config.days = verb.days
    return config
