"""What services say in codes is said to people in their language; wire faces keep their Russian texts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation
from tests.web.shop import staffed
from tests.web.test_pages import assert_page

import openkassa
from openkassa.fiscal.fn.errors import ErrorCode
from openkassa.kassa.fiscalisation import reasons
from openkassa.kassa.receipts.refunds import RefundExceeds
from openkassa.web.service_texts import (
    PROBLEMS,
    REASONS,
    REFUSALS,
    STORAGE,
    WITH_SUMS,
    problem_texts,
    reason_text,
    refusal_text,
    storage_text,
)

SOURCE = Path(openkassa.__file__).parent / "kassa"
CYRILLIC = re.compile("[а-яА-Я]")


def written(pattern: str) -> set[str]:
    return {code for file in SOURCE.rglob("*.py") for code in re.findall(pattern, file.read_text())}


def test_every_trouble_that_the_code_names_has_words():
    named = written(r'RegisterTrouble\(\s*"(\w+)"') | written(r'_trouble\(lease, "(\w+)"')
    assert {"other_storage", "unreachable", "fault"} <= named  # the search finds them at all
    assert named <= PROBLEMS.keys()


def test_every_refusal_of_what_follows_has_words():
    codes = written(r'(?:Refund|Correction|Offset)(?:Impossible|Exceeds)\([^\n]*, "(\w+)"\)')
    assert {"kind", "exceeds", "nothing_left", "correct_state", "no_prepayment", "sums_differ"} <= codes
    assert codes - {"request"} <= REFUSALS.keys()  # what only a request of v1 can have wrong is said by v1


def test_every_reason_of_an_attempt_has_words():
    assert {getattr(reasons, name) for name in dir(reasons) if name.isupper()} == REASONS.keys()
    assert reason_text("сказано устройством") == "сказано устройством"


@pytest.mark.parametrize("language", ["ru", "ky", "en"])
def test_words_are_in_the_readers_language(language):
    with translation.override(language):
        texts = [text for code in PROBLEMS for text in problem_texts(code, "сырой текст")]
        texts += [reason_text(kept) for kept in REASONS]
        texts += [storage_text(f"fn_{code:02x}") for code in STORAGE]
        texts += [refusal_text(RefundExceeds("сырой текст", code)) for code in REFUSALS.keys() - WITH_SUMS]
    assert all(texts) and "сырой текст" not in texts
    assert [bool(CYRILLIC.search(text)) for text in texts] == [language != "en"] * len(texts)


def test_an_unknown_code_is_shown_with_the_services_own_text():
    assert problem_texts("new_code", "что делать") == ("new_code", "что делать")
    assert storage_text("register_exists") == storage_text("fn_zz") == storage_text("fn_") == storage_text("") == ""
    assert storage_text(f"fn_{ErrorCode.TERM_OVER:02x}")


@pytest.mark.django_db(transaction=True)
def test_a_refused_refund_and_a_refused_command_speak_the_readers_language(world, client):
    device = world.add_register()
    waiting = world.sell("order-1")
    client.force_login(staffed(world, "owner@example.com").owner)
    for language, words in (("en", "Only a receipt that has its document"), ("ru", "у которого есть документ")):
        client.cookies["kassa_language"] = language
        assert words in assert_page(client.get(f"/receipts/{waiting.receipt_id}/refund"), 409)
    world.turn(device)
    client.post(f"/registers/{device.register.id}/commands", {"kind": "open_shift"})  # it is open
    world.turn(device)
    client.cookies["kassa_language"] = "en"
    html = assert_page(client.get(f"/registers/{device.register.id}"))
    assert "not possible in the storage&#x27;s present state" in html
