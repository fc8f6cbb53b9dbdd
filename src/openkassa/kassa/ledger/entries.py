"""What each event of money writes into the journal: balanced entries, pure functions.

Amounts given are minor units above zero (fees may be zero); what is made is signed, debit above zero.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from openkassa.kassa.ledger.chart import Code

LARGEST = 10**15  # minor units in one posting
MAX_LINES = 100
LONGEST_PARTY = 64


class EntryError(ValueError):
    """An entry that may not stand in the journal: it doesn't balance, or something of it is out of range."""


class Line(msgspec.Struct, frozen=True):
    code: Code
    amount: int  # debit above zero, credit below
    party: str = ""  # the provider, outlet … whose account of this code it is


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    currency: str
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        if not 2 <= len(self.lines) <= MAX_LINES:
            raise EntryError(f"an entry has 2 to {MAX_LINES} lines, this one {len(self.lines)}")
        if any(line.amount == 0 or abs(line.amount) > LARGEST for line in self.lines):
            raise EntryError(f"an amount is 0 or above {LARGEST}")
        if any(len(line.party) > LONGEST_PARTY for line in self.lines):
            raise EntryError(f"a party has more than {LONGEST_PARTY} characters")
        if total := sum(line.amount for line in self.lines):
            raise EntryError(f"debits and credits differ by {total}")


def cash_taken(amount: int, *, currency: str, outlet: str) -> Entry:
    return _entry("cash_taken", currency, _move(amount, Code.CASH, Code.TAKINGS, outlet, outlet))


def cash_returned(amount: int, *, currency: str, outlet: str) -> Entry:
    return _entry("cash_returned", currency, _move(amount, Code.TAKINGS, Code.CASH, outlet, outlet))


def captured(amount: int, *, fee: int = 0, currency: str, provider: str) -> Entry:
    """The buyer has paid: the acquirer owes it to us, we owe it to the merchant less our fee."""
    if not 0 <= fee <= amount:
        raise EntryError(f"a fee of {fee} from a payment of {amount}")
    lines = [Line(Code.ACQUIRER, amount, provider), Line(Code.PENDING, fee - amount), Line(Code.FEES, -fee)]
    return _entry("captured", currency, lines)


def settled(gross: int, *, fee: int = 0, currency: str, provider: str) -> Entry:
    """The acquirer has paid to the bank, less its own fee."""
    if not 0 <= fee <= gross:
        raise EntryError(f"a fee of {fee} from a settlement of {gross}")
    lines = [
        Line(Code.BANK_MERCHANTS, gross - fee),
        Line(Code.ACQUIRER_FEES, fee, provider),
        Line(Code.ACQUIRER, -gross, provider),
    ]
    return _entry("settled", currency, lines)


def released(amount: int, *, currency: str) -> Entry:
    """What was in processing may be paid out."""
    return _entry("released", currency, _move(amount, Code.PENDING, Code.AVAILABLE))


def held(amount: int, *, currency: str) -> Entry:
    return _entry("held", currency, _move(amount, Code.AVAILABLE, Code.RESERVE))


def unheld(amount: int, *, currency: str) -> Entry:
    return _entry("unheld", currency, _move(amount, Code.RESERVE, Code.AVAILABLE))


def refunded(amount: int, *, currency: str, provider: str) -> Entry:
    """To the buyer through the acquirer; our fee is kept. May take the available sum below zero."""
    return _entry("refunded", currency, _move(amount, Code.AVAILABLE, Code.ACQUIRER, "", provider))


def charged_back(amount: int, *, currency: str, provider: str) -> Entry:
    """Taken by the payer's bank, out of what was held for it."""
    return _entry("charged_back", currency, _move(amount, Code.RESERVE, Code.ACQUIRER, "", provider))


def payout_sent(amount: int, *, currency: str) -> Entry:
    return _entry("payout_sent", currency, _move(amount, Code.AVAILABLE, Code.PAYOUT_CLEARING))


def payout_paid(amount: int, *, currency: str) -> Entry:
    return _entry("payout_paid", currency, _move(amount, Code.PAYOUT_CLEARING, Code.BANK_MERCHANTS))


def payout_returned(amount: int, *, currency: str, paid: bool) -> Entry:
    """The bank gives a payout back, `paid`: after it had confirmed it."""
    source = Code.BANK_MERCHANTS if paid else Code.PAYOUT_CLEARING
    return _entry("payout_returned", currency, _move(amount, source, Code.AVAILABLE))


def unidentified(amount: int, *, currency: str) -> Entry:
    """Money has come to the bank, and nothing of ours asks for it."""
    return _entry("unidentified", currency, _move(amount, Code.BANK_MERCHANTS, Code.SUSPENSE))


def mirrored(lines: Iterable[Line], *, currency: str) -> Entry:
    """What takes an entry back: the same lines with their sides changed."""
    return _entry("reversed", currency, [Line(line.code, -line.amount, line.party) for line in lines])


def _move(amount: int, debit: Code, credit: Code, debit_party: str = "", credit_party: str = "") -> list[Line]:
    if amount <= 0:
        raise EntryError(f"an amount of {amount} can't be posted")
    return [Line(debit, amount, debit_party), Line(credit, -amount, credit_party)]


def _entry(kind: str, currency: str, lines: Iterable[Line]) -> Entry:
    return Entry(kind=kind, currency=currency, lines=tuple(line for line in lines if line.amount))
