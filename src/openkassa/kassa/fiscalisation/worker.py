"""The worker process: finds registers with work, gives each a turn, and drains the streams beside them.

Threads wait for devices and shops; what they do is decided in `turn`, `receipts.callbacks` and
`core.notifications`. Any number of workers may run: leases and SKIP LOCKED keep them apart.
"""

from __future__ import annotations

import errno
import signal
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.db import close_old_connections, connection

from openkassa.core import doorbell, health
from openkassa.core.clock import now
from openkassa.core.db import database_check, look_up_by_key
from openkassa.core.notifications import notifications_drain
from openkassa.core.settings import settings
from openkassa.core.tenancy import all_tenants
from openkassa.kassa.fiscalisation import metrics, sql
from openkassa.kassa.fiscalisation.context import usual_batch
from openkassa.kassa.fiscalisation.spread import registers_chosen
from openkassa.kassa.fiscalisation.turn import register_turn
from openkassa.kassa.receipts.callbacks import callback_organisations, callbacks_deliver
from openkassa.kassa.receipts.services import receipts_expire
from openkassa.kassa.registers.leases import is_dead, own_holder
from openkassa.kassa.registers.models import RegisterStatus

REGISTER_THREADS = 8
EXTRA_THREADS = 24  # in place of those whose device hangs
HANGING_SECONDS = 3.0  # a turn that lasts longer waits for its device: others get a thread meanwhile
CALLBACK_THREADS = 4
POLL = 0.05  # seconds between looks for work when the doorbell does not ring
GATHER = 0.005  # seconds after a ring, so that receipts which come together are seen together
FLOW_GATHER = 0.04  # the same while registers are at work: they take what comes by themselves
STREAM_PAUSE = 0.25  # seconds between looks at an idle stream
EXPIRY_PAUSE = 1.0
DEAD_PAUSE = 2.0  # seconds between looks for leases of killed workers

Stream = tuple[Callable[[], int], float]  # does what there is and says how much it was; pause where it was nothing

log = structlog.get_logger(__name__)


class Worker:
    def __init__(self, streams: Sequence[Stream] = ()) -> None:
        """`streams`: work of later rooms, which runs beside."""
        self._streams = streams
        self.holder = own_holder()
        self.stopping = threading.Event()
        self._registers = ThreadPoolExecutor(REGISTER_THREADS + EXTRA_THREADS, thread_name_prefix="register")
        self._callbacks = ThreadPoolExecutor(CALLBACK_THREADS, thread_name_prefix="callback")
        self._busy: dict[uuid.UUID, tuple[uuid.UUID, float]] = {}  # register → its pool, and since when
        self._more = False  # the last look found more than there were threads for
        self._calling: set[uuid.UUID] = set()
        self._given: dict[uuid.UUID, float] = {}  # register → when it was last given a turn
        self._lock = threading.Lock()
        self._dead: list[str] = []
        self._dead_at = 0.0
        self.beat = time.monotonic()

    def run(self) -> None:
        """Works until `stop`; then lets the turns that are under way come to their end."""
        threads = [
            threading.Thread(target=self._repeat, args=(work, pause), name=work.__name__, daemon=True)
            for work, pause in (
                (self._deliver_callbacks, STREAM_PAUSE),
                (self._send_notifications, STREAM_PAUSE),
                (self._expire, EXPIRY_PAUSE),
                (metrics.gauges_refresh, metrics.PAUSE),
                *self._streams,
            )
        ]
        for thread in threads:
            thread.start()
        with doorbell.Doorbell("receipts") as bell:
            while not self.stopping.is_set():
                self.beat = time.monotonic()
                self._guarded(self._give_turns)
                bell.wait(POLL)
                self.stopping.wait(FLOW_GATHER if self._busy and not self._more else GATHER)
        self._registers.shutdown(wait=True)
        self._callbacks.shutdown(wait=True, cancel_futures=True)
        for thread in threads:
            thread.join(timeout=5)

    def stop(self, *_: object) -> None:
        self.stopping.set()

    def _give_turns(self) -> int:
        work = sql.registers_with_work(at=now(), dead=self._dead_holders())
        moment = time.monotonic()
        with self._lock:
            taken = dict(self._busy)
        busy = {one: pool for one, (pool, since) in taken.items() if moment - since <= HANGING_SECONDS}
        hanging = len(taken) - len(busy)
        room = REGISTER_THREADS + min(hanging, EXTRA_THREADS) - len(taken)
        # One that hangs takes no share of its pool's receipts, and is not asked again before it has come back.
        work = [one for one in work if one[1] in busy or one[1] not in taken]
        # Who has waited longest comes first: with more work than threads nobody is passed over for ever.
        chosen = registers_chosen(work, busy=busy, given=self._given, batch=usual_batch)
        self._more = len(chosen) > room
        for organisation_id, register_id, pool_id, _waiting in chosen[: max(room, 0)]:
            with self._lock:
                self._busy[register_id] = (pool_id, moment)
            self._given[register_id] = moment
            self._registers.submit(self._turn, organisation_id, register_id)
        return 0

    def _turn(self, organisation_id: uuid.UUID, register_id: uuid.UUID) -> None:
        @metrics.turn_observed
        def turn() -> int:
            return register_turn(
                organisation_id=organisation_id, register_id=register_id, holder=self.holder, dead=self._dead
            )

        try:
            if not self.stopping.is_set():
                self._guarded(turn)
        finally:
            with self._lock:
                self._busy.pop(register_id, None)
            if self._more:
                doorbell.ring("receipts")  # others wait for the thread

    def _deliver_callbacks(self) -> int:
        count = 0
        for organisation_id in callback_organisations(now()):
            with self._lock:
                if organisation_id in self._calling:
                    continue
                self._calling.add(organisation_id)
            self._callbacks.submit(self._call, organisation_id)
            count += 1
        return count

    def _call(self, organisation_id: uuid.UUID) -> None:
        try:
            self._guarded(lambda: callbacks_deliver(organisation_id=organisation_id))
        finally:
            with self._lock:
                self._calling.discard(organisation_id)

    def _send_notifications(self) -> int:
        return notifications_drain(limit=100)

    def _expire(self) -> int:
        return receipts_expire()

    def _repeat(self, work: Callable[[], int], pause: float) -> None:
        while not self.stopping.is_set():
            if not self._guarded(work):
                self.stopping.wait(pause)

    def _guarded(self, work: Callable[[], int]) -> int:
        """Runs a piece of work; a fault is logged and does not end the process. Broken connections are dropped."""
        try:
            return work()
        except Exception:
            log.exception("work_failed", work=getattr(work, "__name__", "turn"))
            close_old_connections()
            if connection.connection is not None and connection.connection.closed:
                connection.close()
            self.stopping.wait(0.5)
            return 0

    def _dead_holders(self) -> list[str]:
        """Holders of leases that are known to be gone, so that their registers need not wait for the term."""
        if time.monotonic() - self._dead_at > DEAD_PAUSE:
            self._dead_at = time.monotonic()
            with all_tenants("leases of killed workers are looked for in every organisation"):
                holders = RegisterStatus.objects.exclude(holder="").values_list("holder", flat=True).distinct()
                self._dead = [holder for holder in holders if is_dead(holder)]
        return self._dead


def run(streams: Sequence[Stream] = ()) -> None:
    """Entry of `kassa worker`."""
    look_up_by_key()
    worker = Worker(streams)
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    health.register_check("loop", lambda: _loop_check(worker))
    health.register_check("database", _database_check)
    _serve_health(settings().bind, settings().free_port("worker_http"))
    log.info("worker_started", holder=worker.holder)
    worker.run()
    log.info("worker_stopped")


def _serve_health(bind: str, port: int) -> None:
    """At the port kept for it in the home; a second worker of the same home takes any free one."""
    try:
        health.serve(bind, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        server = health.serve(bind, 0)
        log.info("health_port_taken", port=port, instead=server.server_address[1])


def _database_check() -> str:
    """In a thread of the health server, which ends with the request: its connection ends with it."""
    try:
        return database_check()
    finally:
        connection.close()


def _loop_check(worker: Worker) -> str:
    age = time.monotonic() - worker.beat
    if age > 5:
        raise RuntimeError(f"the loop has not moved for {age:.0f} s")
    return "moves"
