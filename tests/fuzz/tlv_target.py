"""Fuzz target of everything that reads fiscal bytes: mutations of real and own documents from one seed.

`python -m tests.fuzz.tlv_target SEED SECONDS` runs it for longer; a failure prints the seed and the input.
"""

import contextlib
import random
import sys
import time
from pathlib import Path

from tests.fiscal.ffd import oracle
from tests.fiscal.ffd.test_presence import REPORTS, receipt, signed
from tests.fiscal.ffd.test_render import everything

from openkassa.fiscal.describe import describe
from openkassa.fiscal.ffd.presence import check
from openkassa.fiscal.ffd.printed import as_text, printed
from openkassa.fiscal.ffd.reader import fns_json_bytes, read_document
from openkassa.fiscal.ffd.tlv import MalformedTLV, UnencodableValue, decode, encode

WIRE = Path(__file__).parents[1] / "vectors/kkt-ofd-wire"


def corpus():
    """Documents as STLV: real ones and one of ours for each form."""
    documents = []
    for path in sorted(WIRE.glob("*.hex")):
        raw = bytes.fromhex(path.read_text())
        raw = raw[30:] if raw[0] == 0x2A else raw
        documents.append(raw[32:-10])
    for ffd in (2, 3, 4):
        documents.append(encode([(3, receipt(everything(), ffd).pairs)]))
    for form, report in REPORTS.items():
        documents.append(encode([(form, signed(form, report.content(4), 4).pairs)]))
    return documents


def mutate(rng, documents):
    data = bytearray(rng.choice(documents))
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(data)) if data else 0
        kind = rng.randrange(6)
        if kind == 0 and data:
            data[at] = rng.randrange(256)
        elif kind == 1 and data:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            data[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif kind == 3:
            del data[at : at + rng.randrange(1, 9)]
        elif kind == 4:
            other = rng.choice(documents)
            start = rng.randrange(len(other))
            data[at:at] = other[start : start + rng.randrange(1, 64)]
        elif len(data) >= 4:  # a length that lies, and one that tells the truth again
            data[2:4] = rng.choice((len(data) - 4, rng.randrange(65536))).to_bytes(2, "little")
    if rng.random() < 0.5 and 4 <= len(data) < 65536:
        data[2:4] = (len(data) - 4).to_bytes(2, "little")
    return bytes(data)


def try_one(data):
    """Raises AssertionError, or whatever a reader let through, when a rule is broken. Returns whether it was TLV."""
    describe(data)
    try:
        pairs = decode(data)
    except MalformedTLV as fault:
        assert 0 <= fault.offset <= len(data) and fault.reason
        try:
            oracle.read(data)
        except oracle.Rejected:
            return False
        raise AssertionError(f"the oracle reads what the codec refuses: {fault}") from None
    assert oracle.read(data) == pairs
    with contextlib.suppress(UnencodableValue):  # longer than its tag allows: read, but not written
        assert decode(encode(pairs)) == pairs
    try:
        document = read_document(data)
    except MalformedTLV:
        return True
    check(document)
    fns_json_bytes(document)
    as_text(printed(document))
    return True


def run(seed, seconds, rounds=None):
    """(inputs tried, inputs that were TLV)."""
    rng = random.Random(seed)
    documents = corpus()
    end = time.monotonic() + seconds
    tried = read = 0
    while time.monotonic() < end and (rounds is None or tried < rounds):
        data = mutate(rng, documents)
        tried += 1
        try:
            read += try_one(data)
        except Exception as error:
            raise AssertionError(f"seed {seed}, round {tried}, input {data.hex()}") from error
    return tried, read


if __name__ == "__main__":
    total, taken = run(int(sys.argv[1]), float(sys.argv[2]))
    print(f"tried {total}, read {taken}")
