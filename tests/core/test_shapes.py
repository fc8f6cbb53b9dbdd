"""msgspec learns a shape when it first meets it; threads that let it learn the same one at once end the process.

So processes with threads make their decoders when modules are imported.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import openkassa

SOURCE = Path(openkassa.__file__).parent
LATE = re.compile(r"msgspec\.(?:json|msgpack)\.decode\([^\n]*type=|msgspec\.convert\(")
# Processes without threads that could meet the shape at once.
SINGLE = {"cli/demo.py", "cli/demo_write.py", "device/config.py"}
# Converts to what `AnyCase` has made msgspec learn.
LEARNT = {"api/body.py"}

RACE = """
import sys, threading
sys.setswitchinterval(1e-6)
from openkassa.api import body
{before}
from openkassa.api.orangedata import wire
text = b'{{"Id": "1", "INN": "2", "key": "x", "content": {{"type": 1, "positions": [{{"text": "a"}}]}}}}'
gate = threading.Barrier(8)
def caller():
    gate.wait()
    for _ in range(50):
        try:
            body.decode_any_case(text, wire.document)
        except body.WrongField:
            pass
callers = [threading.Thread(target=caller) for _ in range(8)]
for one in callers: one.start()
for one in callers: one.join()
"""


def race(before: str = "") -> int:
    """Exit code of a process whose threads all meet a shape for the first time."""
    return subprocess.run([sys.executable, "-c", RACE.format(before=before)], capture_output=True).returncode


def test_no_thread_is_the_first_to_meet_a_shape() -> None:
    files = {str(path.relative_to(SOURCE)): path.read_text() for path in SOURCE.rglob("*.py")}
    late = {name for name, text in files.items() if LATE.search(text)}
    assert late == SINGLE | LEARNT


@pytest.mark.slow
def test_threads_that_meet_a_shape_at_once_all_read_it() -> None:
    assert [race() for _ in range(5)] == [0] * 5


@pytest.mark.slow
def test_without_learning_before_the_process_ends() -> None:
    """Negative control: once this passes no longer, msgspec has mended it and the rule may go."""
    unlearnt = "body.AnyCase.__init__ = lambda self, shape: setattr(self, 'shape', shape)"
    assert -signal.SIGSEGV in {race(unlearnt) for _ in range(10)}
