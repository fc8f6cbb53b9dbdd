"""The table that the bench prints, and the ratios that are compared from run to run.

Absolute figures differ from machine to machine and hour to hour; ratios of work done in the same run do not differ by
so much, and CPU per unit less than rates. `baseline.json` holds them, with the slack that each is given.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

SLACK = 1.35  # a ratio may be so many times worse than the baseline


def machine() -> dict:
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "load_before": os.getloadavg()[0],
    }


def ratios(results: dict) -> dict[str, float]:
    """What is compared; smaller is better in each."""
    found: dict[str, float] = {}
    if "codec" in results:
        found["encode_in_yards"] = results["codec"]["encode_in_yards"]
        found["decode_in_yards"] = results["codec"]["decode_in_yards"]
    if "accept" in results:
        found["web_cpu_ms_per_accept"] = results["accept"]["web_cpu_ms"]
    if "way" in results:
        found["cpu_ms_per_receipt"] = results["way"]["cpu_ms_per_receipt"]
    for face, one in results.get("faces", {}).items():
        found[f"web_cpu_of_{face}_to_atol"] = one["web_cpu_ms"] / results["faces"]["atol"]["web_cpu_ms"]
    for load, one in results.get("ledger", {}).items():
        found[f"cpu_ms_per_{load}_entry"] = one["cpu_ms_per_entry"]
    if "ledger" in results:
        rates = {load: one["entries_per_second"] for load, one in results["ledger"].items()}
        found["spread_to_hot_rate"] = rates["spread"] / rates["hot"]
    stored = results.get("stored")
    if stored and "way" in results:
        found["way_slowdown_with_stored"] = stored["way"]["cpu_ms_per_receipt"] / results["way"]["cpu_ms_per_receipt"]
    if stored and "accept" in results:
        found["accept_slowdown_with_stored"] = results["accept"]["rate"] / stored["accept"]["rate"]
    return {name: round(value, 3) for name, value in found.items()}


def worse(now: dict[str, float], baseline: dict[str, float]) -> list[str]:
    return [
        f"{name}: {value} against {baseline[name]} in the baseline"
        for name, value in now.items()
        if name in baseline and value > baseline[name] * SLACK
    ]


def table(results: dict) -> str:
    lines = ["| what | measured |", "|---|---|"]
    facts = results["machine"]
    lines.append(
        f"| machine | {facts['cpu']}, {facts['cores']} cores, {facts['memory_gib']} GiB, Python {facts['python']} |"
    )
    if "codec" in results:
        codec = results["codec"]
        lines.append(
            f"| codec, {codec['bytes']} bytes | encode {codec['encode_per_second']:,.0f}/s,"
            f" decode {codec['decode_per_second']:,.0f}/s |"
        )
    lines += _stages(results, "")
    if "ledger_filled" in results:
        lines.append(_ledger_reads(results["ledger_filled"]))
    if "stored" in results:
        stored = results["stored"]
        lines += _stages(stored, f", {stored['receipts']:,} stored")
        lines += _pages(stored["pages"])
        lines.append(f"| filling | {stored['receipts']:,} receipts in {stored['fill_seconds']:.0f} s |")
    return "\n".join(lines)


def _stages(results: dict, suffix: str) -> list[str]:
    lines = []
    if "accept" in results:
        one = results["accept"]
        lines.append(
            f"| accept{suffix} | {one['rate']:,.0f}/s, p50 {one['p50_ms']:.1f} ms, p99 {one['p99_ms']:.1f} ms;"
            f" {_cpu(one)}; load generator {one['load_cpu']:.1f} s CPU |"
        )
        drain = results["drain_after_accept"]
        lines.append(
            f"| drain to confirmed{suffix} | {drain['confirmed_per_second']:,.0f}/s,"
            f" {drain['cpu_ms_per_receipt']:.2f} ms CPU each; {_cpu(drain)} |"
        )
    if "way" in results:
        one = results["way"]
        lines.append(
            f"| whole way{suffix}, {one['seconds']:.0f} s | fiscalised {one['fiscalised_per_second']:,.0f}/s,"
            f" confirmed {one['confirmed_per_second']:,.0f}/s, {one['cpu_ms_per_receipt']:.2f} ms CPU a receipt"
            f" ({_each(one)}), backlog {one['smallest_backlog']:,} to {one['largest_backlog']:,};"
            f" load generator {one['load_cpu']:.1f} s CPU |"
        )
    if "faces" in results:
        first = results["faces"]["atol"]
        lines += [
            f"| accept by {face}{suffix} | {one['rate']:,.0f}/s, {one['rate'] / first['rate']:.0%} of atol;"
            f" {one['web_cpu_ms']:.2f} ms CPU of web each |"
            for face, one in results["faces"].items()
        ]
    lines += [
        f"| ledger, {load}{suffix} | {one['postings_per_second']:,.0f} postings/s ({one['entries_per_second']:,.0f}"
        f" entries of three), {one['cpu_ms_per_entry']:.2f} ms CPU an entry; {_cpu(one)} |"
        for load, one in results.get("ledger", {}).items()
    ]
    if "memory" in results:
        memory = ", ".join(f"{kind} {size / 2**20:.0f}" for kind, size in sorted(results["memory"].items()))
        lines.append(f"| memory{suffix}, MiB (PSS) | {memory} |")
    return lines


def _ledger_reads(filled: dict) -> str:
    reads = ", ".join(
        f"{name.replace('_', ' ')} {one['median']:.1f} (slowest {one['slowest']:.1f})"
        for name, one in filled.items()
        if isinstance(one, dict)
    )
    return f"| reading a ledger of {filled['postings']:,} postings, ms | {reads}; filled in {filled['seconds']:.0f} s |"


def _pages(pages: dict[str, dict[str, float]]) -> list[str]:
    return [
        f"| pages of {project}, ms | {', '.join(f'{name} {spent:.0f}' for name, spent in times.items())} |"
        for project, times in pages.items()
    ]


def _each(result: dict) -> str:
    used = sorted(result["cpu_ms"].items(), key=lambda pair: -pair[1])
    return ", ".join(f"{kind} {cpu:.2f}" for kind, cpu in used if cpu >= 0.005)


def _cpu(result: dict) -> str:
    used = sorted(result["cpu"].items(), key=lambda pair: -pair[1])
    return "CPU s: " + ", ".join(f"{kind} {seconds:.1f}" for kind, seconds in used if seconds >= 0.1)
