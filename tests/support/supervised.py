"""A supervisor of two small processes, for the tests of the supervisor.

Each process starts one of its own, writes both process numbers into the folder, and says when it has been
asked to stop. `front` stops before `back`; told to be deaf it does not stop at all.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from openkassa.cli.processes import Process
from openkassa.cli.supervisor import Supervisor


def child(folder: Path, name: str, *, deaf: bool) -> None:
    def asked_to_stop(*_: object) -> None:
        with (folder / "order").open("a") as file:
            file.write(f"{name} ")
        if not deaf:
            sys.exit()

    signal.signal(signal.SIGTERM, asked_to_stop)
    grandchild = subprocess.Popen(["sleep", "300"])
    with (folder / name).open("a") as file:
        file.write(f"{os.getpid()} {grandchild.pid}\n")
    while True:
        time.sleep(60)


def supervisor(folder: Path, mode: str) -> None:
    def process(name: str, stage: int, mode: str) -> Process:
        command = (sys.executable, __file__, name, str(folder), mode)
        return Process(name=name, command=command, stop_stage=stage, stop_seconds=60)

    with Supervisor(folder / "logs", lambda line: print(line, flush=True)) as watching:
        watching.start([process("back", 2, "obedient"), process("front", 1, mode)])
        watching.run()
    print("clean end", flush=True)


if __name__ == "__main__":
    role, place, manner = sys.argv[1:]
    if role == "supervisor":
        supervisor(Path(place), manner)
    else:
        child(Path(place), role, deaf=manner == "deaf")
