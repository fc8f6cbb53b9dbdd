"""HTTP servers of the processes: granian with a fixed number of threads (WSGI) or one event loop (ASGI).

`serve_wsgi` and `serve_asgi` never return: they replace the process by a fresh interpreter that runs this module,
so that the server's parent holds nothing but the server, and metrics know from their first import that several
processes share them. SIGTERM and SIGINT end the requests in hand and then the processes; a worker whose parent
is gone, however it went, is ended by the kernel (Linux). An ASGI worker is sent `STOPPING` first: an application
with streams that never end by themselves ends them then.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import functools
import gc
import importlib
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

from openkassa.core.settings import settings

WORKERS = 2
THREADS = 4
BACKLOG = 2048
HEADER_MILLISECONDS = 10_000  # to send a request's headers, and to stay silent between requests
BUFFER_BYTES = 64 * 1024  # headers of a request, at most
STOP_SECONDS = 15  # for requests in hand when the server is told to stop
ASGI_CONNECTIONS = 20_000
STOPPING = signal.SIGUSR1
PR_SET_PDEATHSIG = 1


def serve_wsgi(
    target: str,
    *,
    bind: str,
    port: int,
    workers: int = WORKERS,
    threads: int = THREADS,
    process_name: str,
    bodies_first: bool = True,
) -> NoReturn:
    """Serves the WSGI application `module:attribute` until a signal. Replaces this process.

    With `bodies_first` a request takes a thread only when its body is there (see `wsgi_bridge`), for about 45 µs
    of processor time a request. Without it granian's own WSGI interface is used: only behind a proxy that reads
    whole requests before it passes them on, since a half-sent request holds a thread for ever.
    """
    _become("bridge" if bodies_first else "wsgi", target, bind, port, workers, threads, process_name)


def serve_asgi(target: str, *, bind: str, port: int, process_name: str) -> NoReturn:
    """Serves the ASGI application that the factory `module:attribute` makes, from one worker. Replaces this process."""
    _become("asgi", target, bind, port, 1, 1, process_name)


def metrics_folder(process_name: str) -> Path:
    """Where the workers of a process keep the metrics that they share."""
    return settings().home / "metrics" / process_name


def _become(interface: str, target: str, bind: str, port: int, workers: int, threads: int, name: str) -> NoReturn:
    environment = dict(os.environ)
    environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
    if interface != "asgi":
        folder = metrics_folder(name)
        shutil.rmtree(folder, ignore_errors=True)  # left by processes that are gone; their pids may come again
        folder.mkdir(parents=True)
        environment["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    command = [sys.executable, "-m", "openkassa.core.http_server", interface, target]
    command += [bind, str(port), str(workers), str(threads), name]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, command, environment)  # noqa: S606


def _serve(interface: str, target: str, bind: str, port: int, workers: int, threads: int, name: str) -> None:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.http import HTTP1Settings

    _raise_file_limit()
    wsgi = interface != "asgi"
    interfaces = {"wsgi": Interfaces.WSGI, "bridge": Interfaces.RSGI, "asgi": Interfaces.ASGI}
    server = Granian(
        target,
        address=bind,
        port=port,
        interface=interfaces[interface],
        workers=workers,
        blocking_threads=threads if interface == "wsgi" else 1,
        backlog=BACKLOG,
        backpressure=BACKLOG if wsgi else ASGI_CONNECTIONS,
        loop=Loops.asyncio,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=BUFFER_BYTES),
        websockets=False,
        log_dictconfig=_LOGGING,
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        process_name=None,
    )
    if not wsgi:
        server.on_startup(functools.partial(_announce_stop, server))
    load = functools.partial(_load, interface, target, name, threads, os.getpid())
    server.serve(target_loader=load, wrap_loader=False)


def _announce_stop(server: Any) -> None:
    """Puts `STOPPING` before granian's own handling of the signals that end the server."""

    def stop(_number: int, _frame: Any) -> None:
        for worker in server.wrks:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.inner.pid, STOPPING)
        server.signal_handler_interrupt()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


# granian's own loggers write through ours.
_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"level": "INFO", "propagate": True}, "granian.access": {"propagate": True}},
}


def _load(interface: str, target: str, process_name: str, threads: int, parent: int) -> Any:
    """The application, inside a worker."""
    from openkassa.core import logs

    _die_with(parent)
    if interface == "asgi":
        signal.signal(STOPPING, signal.SIG_IGN)
    logs.configure(process_name)
    module, _, attribute = target.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    application = found() if interface == "asgi" else _measured(found)
    if interface == "bridge":
        from openkassa.core.wsgi_bridge import Bridge

        application = Bridge(application, threads)
    gc.collect()
    gc.freeze()  # what has been imported lives as long as the worker: the collector need not look at it
    return application


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the server's parent is gone")


def _measured(application: Callable) -> Callable:
    """The application with its requests counted and timed by class of status."""
    from prometheus_client import Histogram

    seconds = Histogram(
        "kassa_http_request_seconds",
        "Time from the request's headers to the application's answer.",
        ["status"],
        buckets=(0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.5, 2.0, 10.0),
    )
    classes = {digit: seconds.labels(f"{digit}xx") for digit in "12345"}

    def measured(environ: dict, start_response: Callable) -> Iterable[bytes]:
        started = time.perf_counter()
        seen = ["5"]

        def start(status: str, headers: list, exc_info: Any = None) -> Any:
            seen[0] = status[0]
            return start_response(status, headers, exc_info)

        try:
            return application(environ, start)
        finally:
            classes[seen[0]].observe(time.perf_counter() - started)

    measured.__dict__.update(refused=getattr(application, "refused", _no_form))  # the bridge asks for it
    return measured


def _no_form(_path: str, _status: int) -> None:
    """An application that leaves the form of refusals to the server."""


def _raise_file_limit() -> None:
    """Each connection is a file: take as many as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (65_536 if hard == resource.RLIM_INFINITY else hard, hard))


def main() -> None:
    parser = argparse.ArgumentParser(prog="openkassa.core.http_server")
    parser.add_argument("interface", choices=["wsgi", "bridge", "asgi"])
    for name in ("target", "bind"):
        parser.add_argument(name)
    for name in ("port", "workers", "threads"):
        parser.add_argument(name, type=int)
    parser.add_argument("name")
    given = parser.parse_args()
    from openkassa.core import logs

    logs.configure(given.name)
    _serve(given.interface, given.target, given.bind, given.port, given.workers, given.threads, given.name)


if __name__ == "__main__":
    main()
