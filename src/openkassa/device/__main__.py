"""`python -m openkassa.device --home DIR [--faults]`: one device process."""

import argparse
import sys
from pathlib import Path

from .main import DeviceProblem, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="openkassa.device", description="Emulated cash registers")
    parser.add_argument("--home", type=Path, required=True, help="directory with device.json and the journals")
    parser.add_argument("--faults", action="store_true", help="let callers switch faults on")
    arguments = parser.parse_args()
    try:
        run(arguments.home, faults=arguments.faults)
    except DeviceProblem as problem:
        print(f"device: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
