"""What logs must not say."""

from __future__ import annotations

import pytest

from openkassa.core.logs import mask


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("card 4111111111111111 declined", "card 411111•••1111 declined"),
        ("2200123456789019", "220012•••9019"),
        ("to buyer@example.com", "to b•••@example.com"),
        ("call +79001234567", "call +•••67"),
    ],
)
def test_cards_and_addresses_are_masked(said, logged):
    assert mask(said) == logged


@pytest.mark.parametrize(
    "number",
    [
        "9999078900000001",
        "9999078900000019",
        "7284440700391860",
        "4111111111111112",
        "9960440300000004",
        "7380440700000006",
    ],
)
def test_numbers_of_storages_and_what_is_no_card_stay(number):
    assert mask(f"ФН {number}") == f"ФН {number}"
