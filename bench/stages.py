"""Stages that need the whole platform: accepting, and the whole way to fiscalised and confirmed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request

from bench.platform import Platform

CALLERS = 16
ACCEPT_SECONDS = 15.0
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
    results["memory"] = platform.usage().memory
    return results


def accept(platform: Platform) -> dict:
    """As many sells as 16 callers get through, everything else of the platform running beside them."""
    before, counted = platform.usage(), platform.counts()
    result = load(platform, "--seconds", str(ACCEPT_SECONDS))
    result["cpu"] = platform.usage().cpu_since(before)
    after = platform.counts()
    result["fiscalised_meanwhile"] = done(after) - done(counted)
    result["web_cpu_ms"] = result["cpu"].get("web", 0.0) / result["count"] * 1000
    return result


def whole_way(platform: Platform, seconds: float) -> dict:
    """Sells kept coming so that the registers never idle and the backlog stays bounded, for `seconds`."""
    before, first, started = platform.usage(), platform.counts(), time.monotonic()
    load_cpu = sent = 0.0
    backlog = 0
    while time.monotonic() - started < seconds:
        counts = platform.counts()
        waiting = counts.get("accepted", 0) + counts.get("assigned", 0)
        backlog = max(backlog, waiting)
        if waiting < MOST_WAITING:
            result = load(platform, "--limit", str(MOST_WAITING - waiting))
            load_cpu += result["load_cpu"]
            sent += result["count"]
        else:
            time.sleep(0.2)
    elapsed = time.monotonic() - started
    last, used = platform.counts(), platform.usage().cpu_since(before)
    fiscalised, confirmed = done(last) - done(first), last.get("confirmed", 0) - first.get("confirmed", 0)
    return {
        "seconds": elapsed,
        "sent": sent,
        "fiscalised_per_second": fiscalised / elapsed,
        "confirmed_per_second": confirmed / elapsed,
        "largest_backlog": backlog,
        "cpu": used,
        "cpu_ms_per_receipt": sum(used.values()) / max(fiscalised, 1) * 1000,
        "load_cpu": load_cpu,
    }


def drain(platform: Platform) -> dict:
    """Waits until everything is confirmed."""
    started, first = time.monotonic(), platform.counts()
    before = platform.usage()
    while True:
        counts = platform.counts()
        if not set(counts) - {"confirmed", "refused", "withdrawn"}:
            break
        time.sleep(LOOK_SECONDS)
    elapsed = time.monotonic() - started
    count = counts.get("confirmed", 0) - first.get("confirmed", 0)
    used = platform.usage().cpu_since(before)
    return {
        "seconds": elapsed,
        "confirmed": count,
        "confirmed_per_second": count / elapsed,
        "cpu": used,
        "cpu_ms_per_receipt": sum(used.values()) / max(count, 1) * 1000,
    }


def fill(platform: Platform, count: int) -> None:
    """Stores `count` confirmed receipts beside those that are there, as the owner of the tables."""
    platform.python("bench.fill", str(count), platform.access["organisation"], owner=True)


def load(platform: Platform, *words: str) -> dict:
    access = platform.access
    request = urllib.request.Request(
        f"{access['base']}/possystem/v4/getToken",
        json.dumps({"login": access["login"], "pass": access["password"]}).encode(),
        {"Content-Type": "application/json; charset=utf-8"},
    )
    with urllib.request.urlopen(request) as answer:
        token = json.load(answer)["token"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "bench.load", "--url", f"{access['base']}/possystem/v4/{access['group']}/sell"),
            *("--token", token, "--inn", access["inn"], "--callers", str(CALLERS), *words),
        ],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    result = json.loads(done.stdout)
    if result["errors"]:
        raise RuntimeError(f"{result['errors']} sells were refused: {result['first_error']}")
    return result


def done(counts: dict[str, int]) -> int:
    return counts.get("fiscalised", 0) + counts.get("confirmed", 0)
