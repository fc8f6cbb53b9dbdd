"""Tickets to the event streams."""

from __future__ import annotations

import base64
import datetime as dt
import json
import uuid

import pytest

from openkassa.core.keys import add_key
from openkassa.core.tickets import KEY, LIFETIME, WrongTicket, make_ticket, read_ticket

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
ORGANISATION = uuid.UUID(int=7)


def test_a_ticket_opens_what_it_was_made_for():
    ticket = read_ticket(make_ticket(ORGANISATION, ["receipt:1"], NOW), NOW)
    assert ticket.organisation_id == ORGANISATION
    assert ticket.allows("receipt:1")
    assert not ticket.allows("receipt:2")
    assert not ticket.allows("organisation")


def test_the_organisations_ticket_opens_each_of_its_receipts():
    assert read_ticket(make_ticket(ORGANISATION, ["organisation"], NOW), NOW).allows("receipt:2")


def test_a_ticket_expires_after_five_minutes():
    text = make_ticket(ORGANISATION, ["organisation"], NOW)
    read_ticket(text, NOW + LIFETIME - dt.timedelta(seconds=1))
    with pytest.raises(WrongTicket, match="expired"):
        read_ticket(text, NOW + LIFETIME)


def test_a_changed_ticket_is_refused():
    text = make_ticket(ORGANISATION, ["receipt:1"], NOW)
    payload, _, mac = text.partition(".")
    body = json.loads(base64.urlsafe_b64decode(payload + "=="))
    body["t"] = ["organisation"]
    forged = base64.urlsafe_b64encode(json.dumps(body).encode()).rstrip(b"=").decode()
    for wrong in [f"{forged}.{mac}", payload, f"{payload}.", f"{payload}.я", "", ".", "a.b", text[:-2], "x" * 5000]:
        with pytest.raises(WrongTicket):
            read_ticket(wrong, NOW)


def test_tickets_of_the_previous_key_stay_good_while_keys_change():
    text = make_ticket(ORGANISATION, ["organisation"], NOW)
    add_key(KEY)
    assert read_ticket(text, NOW).organisation_id == ORGANISATION
