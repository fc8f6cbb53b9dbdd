"""`python -m bench`: measures the platform on this machine and prints a table. See bench/README.md."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bench import codec, report, stages
from bench.platform import Platform

BASELINE = Path(__file__).parent / "baseline.json"
REGISTERS = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="kassa bench", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare ratios with bench/baseline.json; exit 1 if worse")
    parser.add_argument("--save", action="store_true", help="write the ratios to bench/baseline.json")
    parser.add_argument("--stored", type=int, default=0, help="receipts stored before the stages are run once more")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the stage of the whole way")
    parser.add_argument("--only", choices=["codec", "accept", "way", "faces", "ledger"], help="one stage alone")
    parser.add_argument("--postings", type=int, default=0, help="postings in the ledger whose reading is measured")
    parser.add_argument("--json", type=Path, help="write the measurements to this file too")
    arguments = parser.parse_args()
    results: dict = {"machine": report.machine()}
    if arguments.only in (None, "codec"):
        results["codec"] = codec.measure()
    if arguments.only != "codec":
        with Platform(REGISTERS) as platform:
            results |= stages.measure(platform, arguments.seconds, arguments.only)
            if arguments.postings:
                results["ledger_filled"] = stages.ledger_filled(platform, arguments.postings)
            if arguments.stored:
                seconds = stages.fill(platform, arguments.stored)
                results["stored"] = {
                    "receipts": arguments.stored,
                    "fill_seconds": seconds,
                    "pages": stages.pages(platform),
                    **stages.measure(platform, arguments.seconds, arguments.only),
                }
    print(report.table(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2))
    ratios = report.ratios(results)
    if arguments.save:
        BASELINE.write_text(json.dumps(ratios, indent=2) + "\n")
    if arguments.check:
        worse = report.worse(ratios, json.loads(BASELINE.read_text()))
        print("\n".join(worse) or "No ratio is worse than the baseline allows.")
        return 1 if worse else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
