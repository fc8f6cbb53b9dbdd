"""Stages that need the whole platform: accepting, and the whole way to fiscalised and confirmed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

from bench.platform import Platform, Usage, cpu_of
from bench.requests import FACES

CALLERS = 16
ACCEPT_SECONDS = 15.0
FACE_SECONDS = 6.0
LEDGER_SECONDS = 15.0
LEDGER_PROCESSES = 4  # of four threads each
WARM_UP = 300
MOST_WAITING = 3000  # backlog that the whole way is kept under
LOOK_SECONDS = 1.0


def measure(platform: Platform, seconds: float, only: str | None) -> dict:
    results: dict = {}
    load(platform, "--limit", str(WARM_UP))
    drain(platform)
    if only in (None, "accept"):
        results["accept"] = accept(platform)
        results["drain_after_accept"] = drain(platform)
    if only in (None, "way"):
        results["way"] = whole_way(platform, seconds)
        drain(platform)
    if only in (None, "faces"):
        results["faces"] = faces(platform)
    if only in (None, "ledger"):
        results["ledger"] = {load: ledger(platform, load) for load in ("hot", "spread")}
    results["memory"] = platform.usage().memory
    return results


def accept(platform: Platform) -> dict:
    """As many sells as 16 callers get through, everything else of the platform running beside them."""
    before, first = platform.usage(), platform.ask("progress")
    result = load(platform, "--seconds", str(ACCEPT_SECONDS))
    result["cpu"] = platform.usage().cpu_since(before)
    result["fiscalised_meanwhile"] = platform.ask("progress")["made"] - first["made"]
    result["web_cpu_ms"] = result["cpu"].get("web", 0.0) / result["count"] * 1000
    return result


def faces(platform: Platform) -> dict[str, dict]:
    """The same sale through each wire face, one after the other; what each drains is not in the next one's figures."""
    results = {}
    for face in FACES:
        load(platform, "--limit", str(CALLERS * 4), face=face)
        drain(platform)
        before = platform.usage()
        result = load(platform, "--seconds", str(FACE_SECONDS), face=face)
        result["web_cpu_ms"] = platform.usage().cpu_since(before).get("web", 0.0) / result["count"] * 1000
        drain(platform)
        results[face] = result
    return results


def ledger(platform: Platform, load: str) -> dict:
    """Captures posted by 16 callers, while the worker seals: all to the same three accounts, or to 501 of them."""
    organisation = platform.access["organisation"]
    platform.python("bench.ledger", "post", organisation, load, "1")
    before = platform.usage()
    started = time.monotonic()
    processes = [
        platform.start("bench.ledger", "post", organisation, load, str(LEDGER_SECONDS)) for _ in range(LEDGER_PROCESSES)
    ]
    found = [json.loads(process.communicate()[0].splitlines()[-1]) for process in processes]
    elapsed = min(LEDGER_SECONDS, time.monotonic() - started)
    entries = sum(one["entries"] for one in found)
    cpu = platform.usage().cpu_since(before) | {"posting": sum(one["cpu"] for one in found)}
    return {
        "entries_per_second": entries / elapsed,
        "postings_per_second": entries * 3 / elapsed,
        "cpu": cpu,
        "cpu_ms_per_entry": sum(cpu.values()) / entries * 1000,
    }


def ledger_filled(platform: Platform, postings: int) -> dict:
    """Reads of an account to which half of `postings` went."""
    organisation = platform.access["organisation"]
    filled = json.loads(platform.python("bench.ledger", "fill", organisation, str(postings)).splitlines()[-1])
    return filled | json.loads(platform.python("bench.ledger", "read", organisation).splitlines()[-1])


def whole_way(platform: Platform, seconds: float) -> dict:
    """Sells kept coming so that the registers never idle and the backlog stays bounded, for `seconds`.

    The load generator is stopped while more than `MOST_WAITING` receipts wait, for a register or for the operator, and
    goes on at half of that. Measuring begins when the backlog is there.
    """
    generator = start_load(platform, "--seconds", str(seconds * 10))
    try:
        backlogs: list[int] = []
        measured: list[tuple[float, dict, Usage, float]] = []
        deadline = time.monotonic() + seconds * 2
        stopped = False
        while True:
            seen = platform.ask("progress")
            backlog = max(seen["backlog"], seen["made"] - seen["confirmed"])
            backlogs.append(backlog)
            moment = time.monotonic()
            if not measured and (backlog >= MOST_WAITING / 2 or moment > deadline):
                measured.append((moment, seen, platform.usage(), cpu_of(generator.pid)))
                backlogs = [backlog]
            if measured and moment - measured[0][0] >= seconds:
                measured.append((moment, seen, platform.usage(), cpu_of(generator.pid)))
                break
            if stopped != (backlog > (MOST_WAITING / 2 if stopped else MOST_WAITING)):
                stopped = not stopped
                generator.send_signal(signal.SIGSTOP if stopped else signal.SIGCONT)
            time.sleep(LOOK_SECONDS / 4)
    finally:
        generator.kill()
        generator.wait()
    (begun, first, before, load_before), (ended, last, after, load_after) = measured
    elapsed, used = ended - begun, after.cpu_since(before)
    made, confirmed = last["made"] - first["made"], last["confirmed"] - first["confirmed"]
    accepted = made + last["backlog"] - first["backlog"]
    return {
        "seconds": elapsed,
        "accepted": accepted,
        "fiscalised_per_second": made / elapsed,
        "confirmed_per_second": confirmed / elapsed,
        "smallest_backlog": min(backlogs),
        "largest_backlog": max(backlogs),
        "cpu": used,
        "cpu_ms": {kind: cpu / max(made, 1) * 1000 for kind, cpu in used.items()},
        "cpu_ms_per_receipt": sum(used.values()) / max(made, 1) * 1000,
        "load_cpu": load_after - load_before,
    }


def drain(platform: Platform) -> dict:
    """Waits until everything is confirmed."""
    started, first = time.monotonic(), platform.ask("progress")
    before = platform.usage()
    while True:
        seen = platform.ask("progress")
        if seen["backlog"] == 0 and seen["confirmed"] == seen["made"]:
            break
        time.sleep(LOOK_SECONDS)
    elapsed = time.monotonic() - started
    count = seen["confirmed"] - first["confirmed"]
    used = platform.usage().cpu_since(before)
    return {
        "seconds": elapsed,
        "confirmed": count,
        "confirmed_per_second": count / elapsed,
        "cpu": used,
        "cpu_ms_per_receipt": sum(used.values()) / max(count, 1) * 1000,
    }


def fill(platform: Platform, count: int) -> float:
    """Stores `count` confirmed receipts beside those that are there; gives the seconds that it took."""
    started = time.monotonic()
    platform.python("bench.fill", str(count), platform.access["organisation"])
    return time.monotonic() - started


def pages(platform: Platform) -> dict[str, dict[str, float]]:
    """Milliseconds of the server for lists and searches, by project and page."""
    kassa = platform.python("bench.pages", "kassa", platform.access["organisation"])
    ofd = platform.python("bench.pages", "ofd", project="ofd")
    return {"kassa": json.loads(kassa.splitlines()[-1]), "ofd": json.loads(ofd.splitlines()[-1])}  # behind the logs


def start_load(platform: Platform, *words: str, face: str = "atol") -> subprocess.Popen[str]:
    """The load generator, which prints its results as JSON when it ends."""
    sent = json.dumps(FACES[face](platform.access))
    command = (sys.executable, "-m", "bench.load", "--url", platform.access["base"], "--request", sent)
    return subprocess.Popen(
        [*command, "--callers", str(CALLERS), *words],
        stdout=subprocess.PIPE,
        text=True,
    )


def load(platform: Platform, *words: str, face: str = "atol") -> dict:
    output, _ = start_load(platform, *words, face=face).communicate()
    result = json.loads(output)
    if result["errors"]:
        raise RuntimeError(f"{result['errors']} sells by {face} were refused: {result['first_error']}")
    return result
