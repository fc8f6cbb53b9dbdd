"""Words of faces that no source names come from the settings; until then they can't be said, and errors say how."""

from __future__ import annotations

import dataclasses

import pytest

from openkassa.api import words
from openkassa.core.settings import WrongSetting, read_settings, settings

KNOWN = {1102: 1, 1103: 2}


@pytest.fixture
def set_words(monkeypatch):
    def set_to(text: str) -> None:
        given = dataclasses.replace(settings(), face_words=read_settings({"KASSA_FACE_WORDS": text}).face_words)
        monkeypatch.setattr(words, "settings", lambda: given)

    return set_to


def test_an_unknown_word_is_no_word_and_its_setting_is_named(set_words):
    set_words("")
    table = words.table("modulkassa", "vat", KNOWN, unknown=(11,))
    assert table == KNOWN
    assert words.listed(table, "modulkassa", "vat", unknown=(11,)) == (
        "1102, 1103; слова для modulkassa.vat.11 задаются в KASSA_FACE_WORDS"
    )


def test_a_word_that_is_set_is_one(set_words):
    set_words("modulkassa.vat.11=1113, komtet.vat.11=22")
    table = words.table("modulkassa", "vat", KNOWN, unknown=(11,))
    assert table == KNOWN | {1113: 11}
    assert words.listed(table, "modulkassa", "vat", unknown=(11,)) == "1102, 1103, 1113"


@pytest.mark.parametrize("text", ["modulkassa.vat=1", "a.b.c=1", "a.b.1", "a..1=2", "a.b.1="])
def test_a_setting_of_another_form_is_named(text):
    with pytest.raises(WrongSetting, match="KASSA_FACE_WORDS"):
        read_settings({"KASSA_FACE_WORDS": text})
