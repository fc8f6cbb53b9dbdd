"""Fuzz target of everything that reads marking codes: mutations of codes of each kind from one seed.

`python -m tests.fuzz.marking_target SEED SECONDS` runs it for longer; a failure prints the seed and the input.
"""

import random
import sys
import time

from tests.fiscal.test_marking import BYTES, CODES

from openkassa.fiscal import product_code
from openkassa.fiscal.marking import TAGS, MarkingError, from_base64, kind_of, parse, plain_or_base64

PIECES = (
    "\x1d",
    "01",
    "21",
    "91",
    "92",
    "93",
    "8005",
    "(01)",
    "(21)",
    "]d2",
    "\\u001d",
    "ж",
    "\x00",
    "=",
    " ",
    "0" * 40,
)


def corpus():
    return [text for _, text, *_ in CODES] + [value for _, value in BYTES]


def mutate(rng, texts):
    text = rng.choice(texts)
    for _ in range(rng.choice((0, 1, 1, 2, 4, 16))):
        at = rng.randrange(len(text) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            text = text[:at] + rng.choice(PIECES) + text[at:]
        elif kind == 1:
            text = text[:at] + chr(rng.randrange(32, 127)) + text[at + 1 :]
        elif kind == 2:
            text = text[:at] + text[at + rng.randrange(1, 9) :]
        else:
            text += rng.choice(texts)[: rng.randrange(1, 40)]
    return text


def try_one(text):
    """Only MarkingError leaves a reader; what is read has a place in a receipt. True when it was read."""
    read = 0
    for reader in (parse, *(lambda value, kind=kind: parse(value, kind) for kind in TAGS), product_code.from_text):
        try:
            code = reader(text)
        except MarkingError as error:
            assert error.code and error.text
            continue
        read += 1
        assert code.kind in TAGS and 0 < len(code.product) <= 38 and code.product.isascii()
        assert len(code.control) == 4 and len(product_code.to_bytes(code)) <= 32
        assert parse(code.text, code.kind) == code, "a code that was read reads otherwise"
    for normaliser in (plain_or_base64, from_base64):
        try:
            assert kind_of(normaliser(text)) in TAGS
        except MarkingError:
            continue
    return read > 0


def run(seed, seconds, rounds=None):
    """(inputs tried, inputs that a reader took)"""
    rng, texts = random.Random(seed), corpus()
    tried = read = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end and tried != rounds:
        tried += 1
        text = mutate(rng, texts)
        try:
            read += try_one(text)
        except Exception as error:
            raise AssertionError(f"seed {seed}, round {tried}, input {text!r}: {error!r}") from error
    return tried, read


if __name__ == "__main__":
    print(run(int(sys.argv[1]), float(sys.argv[2])))
