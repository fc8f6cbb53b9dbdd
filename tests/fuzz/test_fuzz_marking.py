"""The fuzz target for a short time; `KASSA_FUZZ_SECONDS` makes it longer."""

import os

import pytest
from tests.fuzz.marking_target import corpus, run, try_one


def test_readers_of_marking_codes_hold_against_mutated_codes():
    seconds = float(os.environ.get("KASSA_FUZZ_SECONDS", "3"))
    tried, read = run(seed=20261125, seconds=seconds)
    assert tried > 100 and 0 < read < tried


def test_the_target_takes_every_code_of_its_corpus():
    assert all(try_one(text) for text in corpus())


def test_the_target_sees_a_reader_that_lets_an_error_through(monkeypatch):
    monkeypatch.setattr("tests.fuzz.marking_target.parse", lambda text, kind=None: {}[text])
    with pytest.raises(AssertionError, match="seed 1, round 1, input"):
        run(seed=1, seconds=5, rounds=1)
