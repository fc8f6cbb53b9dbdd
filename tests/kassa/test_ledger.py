"""The ledger: entries balance and stay, a key posts once, balances and statements are the sums of the journal."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections import defaultdict

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from tests.support.guards import without_triggers

from openkassa.core import clock
from openkassa.core.db import run
from openkassa.core.ids import uuid7
from openkassa.core.organisations import organisation_create
from openkassa.core.tenancy import within
from openkassa.kassa.ledger import entries, proof, selectors, sql
from openkassa.kassa.ledger.chart import CHART, Code
from openkassa.kassa.ledger.entries import Entry, EntryError, Line
from openkassa.kassa.ledger.models import JournalEntry, Posting
from openkassa.kassa.ledger.proof import ledger_problems
from openkassa.kassa.ledger.seals import ledger_seal, ledgers_seal
from openkassa.kassa.ledger.services import (
    AlreadyReversed,
    Cause,
    KeyTaken,
    LedgerError,
    NotEnough,
    entry_post,
    entry_reverse,
)

CAUSE = Cause("test", uuid.UUID(int=7))
START = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)


@pytest.fixture
def shop(transactional_db: None) -> uuid.UUID:
    return organisation_create(name="Булочная", inn="7707083893").id


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch):
    """Moves the clock of the process."""

    class Still:
        moment = START

        def now(self) -> dt.datetime:
            return self.moment

    still = Still()
    monkeypatch.setattr(clock, "clock", still)
    return still


def post(shop: uuid.UUID, entry: Entry, key: str | None = None, **more):
    key = str(uuid7()) if key is None else key
    return entry_post(organisation_id=shop, entry=entry, key=key, cause=CAUSE, **more)


def have(shop: uuid.UUID, code: Code, party: str = "") -> int:
    return selectors.balance(shop, code, currency="RUB", party=party)


# --- entries -------------------------------------------------------------------------------------------------------


def test_the_examples_of_the_chart_come_to_the_sums_that_it_names(shop):
    for entry in (
        entries.cash_taken(500_00, currency="RUB", outlet="1"),
        entries.captured(1000_00, fee=25_00, currency="RUB", provider="sbp"),
        entries.settled(1000_00, fee=15_00, currency="RUB", provider="sbp"),
        entries.released(975_00, currency="RUB"),
        entries.payout_sent(700_00, currency="RUB"),
        entries.payout_paid(700_00, currency="RUB"),
        entries.refunded(200_00, currency="RUB", provider="sbp"),
    ):
        post(shop, entry)
    seen = {(row.code, row.party): row.amount for row in selectors.balances(shop, currency="RUB")}
    assert seen == {
        (Code.BANK_MERCHANTS, ""): 985_00 - 700_00,
        (Code.CASH, "1"): 500_00,
        (Code.ACQUIRER, "sbp"): -200_00,
        (Code.PAYOUT_CLEARING, ""): 0,
        (Code.PENDING, ""): 0,
        (Code.AVAILABLE, ""): 975_00 - 700_00 - 200_00,
        (Code.TAKINGS, "1"): 500_00,
        (Code.FEES, ""): 25_00,
        (Code.ACQUIRER_FEES, "sbp"): 15_00,
    }
    assert sum(amount * code.side for (code, _), amount in seen.items()) == 0


def test_every_account_of_the_chart_has_a_name_and_a_type():
    assert set(CHART) == set(Code)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Entry(kind="x", currency="RUB", lines=(Line(Code.CASH, 5), Line(Code.TAKINGS, -4))),
        lambda: Entry(kind="x", currency="RUB", lines=(Line(Code.CASH, 0), Line(Code.TAKINGS, 0))),
        lambda: Entry(kind="x", currency="RUB", lines=()),
        lambda: Entry(kind="x", currency="RUB", lines=(Line(Code.CASH, 10**16), Line(Code.TAKINGS, -(10**16)))),
        lambda: entries.captured(100, fee=101, currency="RUB", provider="sbp"),
        lambda: entries.captured(100, fee=-1, currency="RUB", provider="sbp"),
        lambda: entries.released(0, currency="RUB"),
        lambda: entries.payout_sent(-5, currency="RUB"),
        lambda: entries.cash_taken(5, currency="RUB", outlet="x" * 65),
    ],
)
def test_an_entry_that_does_not_balance_is_not_made(make):
    with pytest.raises(EntryError):
        make()


# --- once ----------------------------------------------------------------------------------------------------------


def test_a_key_posts_once_and_a_repeat_finds_the_first(shop):
    entry = entries.released(100, currency="RUB")
    first, again = post(shop, entry, "k"), post(shop, entry, "k")
    assert (first.id, first.first) == (again.id, True)
    assert not again.first
    assert have(shop, Code.AVAILABLE) == 100


def test_a_key_with_another_entry_is_refused_and_names_the_first(shop):
    first = post(shop, entries.released(100, currency="RUB"), "k")
    for other in (entries.released(101, currency="RUB"), entries.held(100, currency="RUB")):
        with pytest.raises(KeyTaken) as refused:
            post(shop, other, "k")
        assert refused.value.first_id == first.id
    assert have(shop, Code.AVAILABLE) == 100


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_key_that_can_not_be_kept_is_refused(shop, key):
    with pytest.raises(LedgerError, match="1 to 200 characters"):
        post(shop, entries.released(100, currency="RUB"), key)


def test_a_key_is_the_tenants_own(shop):
    neighbour = organisation_create(name="Пекарня", inn="7707083893").id
    post(shop, entries.released(100, currency="RUB"), "k")
    assert post(neighbour, entries.released(7, currency="RUB"), "k").first
    assert (have(shop, Code.AVAILABLE), have(neighbour, Code.AVAILABLE)) == (100, 7)


def test_an_entry_is_taken_back_once_by_its_mirror(shop):
    first = post(shop, entries.captured(1000, fee=30, currency="RUB", provider="sbp"))
    back = entry_reverse(organisation_id=shop, entry_id=first.id, key="back", cause=CAUSE)
    assert {row.amount for row in selectors.balances(shop, currency="RUB")} == {0}
    assert selectors.entry_get(shop, back.id).reverses_id == first.id
    assert not entry_reverse(organisation_id=shop, entry_id=first.id, key="back", cause=CAUSE).first
    with pytest.raises(AlreadyReversed):
        entry_reverse(organisation_id=shop, entry_id=first.id, key="back again", cause=CAUSE)


def test_what_is_not_there_or_anothers_is_not_taken_back(shop):
    neighbour = organisation_create(name="Пекарня", inn="7707083893").id
    theirs = post(neighbour, entries.released(7, currency="RUB"))
    for unknown in (theirs.id, uuid7()):
        with pytest.raises(LedgerError):
            entry_reverse(organisation_id=shop, entry_id=unknown, key="back", cause=CAUSE)


def test_no_more_is_taken_than_there_is_where_that_is_asked(shop):
    post(shop, entries.released(100, currency="RUB"))
    ledger_seal(organisation_id=shop)
    post(shop, entries.released(50, currency="RUB"))  # not sealed, and counts
    with pytest.raises(NotEnough) as refused:
        post(shop, entries.payout_sent(151, currency="RUB"), not_below_zero=[Code.AVAILABLE])
    assert refused.value.left == 150
    assert post(shop, entries.payout_sent(150, currency="RUB"), "p", not_below_zero=[Code.AVAILABLE]).first
    # A repeat is answered with the first, though nothing is left to take.
    assert not post(shop, entries.payout_sent(150, currency="RUB"), "p", not_below_zero=[Code.AVAILABLE]).first
    # A refund may go below zero: the buyer comes first.
    post(shop, entries.refunded(20, currency="RUB", provider="sbp"))
    assert have(shop, Code.AVAILABLE) == -20


# --- what the database refuses -------------------------------------------------------------------------------------


def _raw(shop: uuid.UUID, amounts: list[int], *, lines: int | None = None, currency="RUB", reverses=None) -> uuid.UUID:
    """An entry as no function of ours would write it."""
    id = uuid7()
    with transaction.atomic():
        sql.accounts_open(
            organisation_id=shop, ids=[uuid7(), uuid7()], codes=["1020", "2060"], parties=["", ""], currency="RUB"
        )
        run(
            "INSERT INTO kassa_ledger_journalentry (id, organisation_id, key, kind, cause_kind, cause_id, currency,"
            " lines, reverses_id, happened_at, posted_at, digest)"
            " VALUES (%s, %s, %s, 'x', 'x', %s, %s, %s, %s, %s, %s, '')",
            [id, shop, str(id), id, currency, lines or len(amounts), reverses, START, START],
        )
        for number, amount in enumerate(amounts, 1):
            _line(shop, id, number, lines or len(amounts), amount)
    return id


def _line(shop: uuid.UUID, entry_id: uuid.UUID, line: int, lines: int, amount: int) -> None:
    run(
        "INSERT INTO kassa_ledger_posting (organisation_id, entry_id, line, lines, account_id, amount, posted_at)"
        " SELECT %s, %s, %s, %s, id, %s, %s FROM kassa_ledger_account"
        " WHERE organisation_id = %s AND code = %s",
        [shop, entry_id, line, lines, amount, START, shop, "1020" if amount > 0 else "2060"],
    )


@pytest.mark.parametrize(
    ("amounts", "more"),
    [([5, -4], {}), ([5, -5], {"lines": 3}), ([5, -5], {"currency": "KGS"}), ([5, -5], {"reverses": uuid.UUID(int=1)})],
)
def test_the_database_refuses_an_entry_that_does_not_balance(shop, superuser, amounts, more):
    _raw(shop, [5, -5])
    with pytest.raises(IntegrityError, match=r"does not balance|not the mirror"):
        _raw(shop, amounts, **more)
    with without_triggers(superuser, "kassa_ledger_journalentry"):
        _raw(shop, amounts, **more)  # it is the trigger that refuses


def test_the_database_refuses_a_mirror_of_another_sum(shop):
    first = _raw(shop, [5, -5])
    with pytest.raises(IntegrityError, match="not the mirror"):
        _raw(shop, [5, -5], reverses=first)


def test_no_line_is_added_to_an_entry_that_is_whole(shop):
    """Not even a pair that balances."""
    entry_id = _raw(shop, [5, -5])
    for line, lines in ((1, 2), (3, 2), (3, 4), (3, 3)):
        with pytest.raises(IntegrityError), transaction.atomic():
            _line(shop, entry_id, line, lines, 7)
            _line(shop, entry_id, line + 1, lines, -7)


@pytest.mark.parametrize("model", [JournalEntry, Posting])
def test_the_journal_is_never_changed(shop, model):
    post(shop, entries.released(100, currency="RUB"))
    for change in ("UPDATE {} SET organisation_id = organisation_id", "DELETE FROM {}"):
        with pytest.raises(DatabaseError, match=r"permission denied|Cannot update"), connection.cursor() as cursor:
            cursor.execute(change.format(model._meta.db_table))


# --- seals and sums ------------------------------------------------------------------------------------------------


def test_a_seal_counts_what_was_posted_and_changes_no_balance(shop):
    for amount in (5, 6, 7):
        post(shop, entries.released(amount, currency="RUB"))
    before = selectors.balances(shop, currency="RUB")
    assert ledger_seal(organisation_id=shop, most=2) == 2
    assert selectors.balances(shop, currency="RUB") == before
    assert ledgers_seal() == 1
    assert ledgers_seal() == 0
    assert selectors.balances(shop, currency="RUB") == before
    assert list(ledger_problems(shop)) == []


def test_two_sealers_do_not_work_at_once(shop, superuser):
    post(shop, entries.released(5, currency="RUB"))
    with superuser.transaction():
        superuser.execute(sql.ALONE, {"organisation_id": shop})
        assert ledger_seal(organisation_id=shop) == 0
    assert ledger_seal(organisation_id=shop) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE kassa_ledger_journalentry SET cause_id = gen_random_uuid()", "was changed after it was posted"),
        ("UPDATE kassa_ledger_journalentry SET digest = sha256('x')", "does not agree with its entries"),
        ("UPDATE kassa_ledger_posting SET amount = amount * 2", "was changed after it was posted"),
        ("UPDATE kassa_ledger_seal SET hash = sha256('x') WHERE number = 1", "seal 2 does not agree"),
        ("DELETE FROM kassa_ledger_seal WHERE number = 1", "seal 1 is missing"),
        ("DELETE FROM kassa_ledger_seal WHERE number = 2", "is in no seal"),
        ("UPDATE kassa_ledger_accountbalance SET amount = amount + 1", "balance"),
        ("UPDATE kassa_ledger_accounthour SET debit = debit + 1", "hours"),
    ],
)
def test_the_proof_finds_what_was_changed_behind_it(shop, superuser, change, said):
    for amount in (5, 6):
        post(shop, entries.released(amount, currency="RUB"))
        ledger_seal(organisation_id=shop)
    assert list(ledger_problems(shop)) == []
    tables = ("journalentry", "posting", "seal", "accountbalance", "accounthour")
    with without_triggers(superuser, *(f"kassa_ledger_{table}" for table in tables)):
        superuser.execute(change)
        assert any(said in problem for problem in ledger_problems(shop))


def test_a_quick_look_reads_the_newest_seals_and_the_balances(shop, superuser, monkeypatch):
    monkeypatch.setattr(proof, "NEWEST", 1)
    posted = []
    for amount in (5, 6):
        posted.append(post(shop, entries.released(amount, currency="RUB")).id)
        ledger_seal(organisation_id=shop)
    assert list(ledger_problems(shop, quick=True)) == []
    change = "UPDATE kassa_ledger_journalentry SET cause_id = gen_random_uuid() WHERE id = %s"
    tables = ("journalentry", "accountbalance")
    with without_triggers(superuser, *(f"kassa_ledger_{table}" for table in tables)):
        superuser.execute(change, [posted[0]])
        assert list(ledger_problems(shop, quick=True)) == []
        assert list(ledger_problems(shop)) == [f"entry {posted[0]} was changed after it was posted"]
        superuser.execute(change, [posted[1]])
        assert list(ledger_problems(shop, quick=True)) == [f"entry {posted[1]} was changed after it was posted"]
        superuser.execute("UPDATE kassa_ledger_accountbalance SET amount = amount + 1")
        assert len(list(ledger_problems(shop, quick=True))) == 3


def test_random_histories_agree_with_plain_sums(shop, time):
    """Entries of every kind over three days, some twice, some taken back, seals at any moment; balances and statements
    of any moment against sums over a list."""
    chance = random.Random(20260301)
    kept: list[tuple[dt.datetime, Line]] = []
    makers = [
        lambda n: entries.cash_taken(n, currency="RUB", outlet=chance.choice("12")),
        lambda n: entries.captured(n, fee=n // 40, currency="RUB", provider=chance.choice(["sbp", "card"])),
        lambda n: entries.settled(n, fee=n // 60, currency="RUB", provider="sbp"),
        lambda n: entries.released(n, currency="RUB"),
        lambda n: entries.held(n, currency="RUB"),
        lambda n: entries.unheld(n, currency="RUB"),
        lambda n: entries.refunded(n, currency="RUB", provider="card"),
        lambda n: entries.charged_back(n, currency="RUB", provider="card"),
        lambda n: entries.payout_sent(n, currency="RUB"),
        lambda n: entries.payout_returned(n, currency="RUB", paid=chance.random() < 0.5),
        lambda n: entries.unidentified(n, currency="RUB"),
    ]
    for step in range(150):
        time.moment += dt.timedelta(seconds=chance.choice([0, 1, 60, 3600]))
        entry = chance.choice(makers)(chance.randint(1, 10**6))
        posted = post(shop, entry, f"step {step}")
        kept += [(time.moment, line) for line in entry.lines]
        if chance.random() < 0.2:
            assert not post(shop, entry, f"step {step}").first
        if chance.random() < 0.1:
            entry_reverse(organisation_id=shop, entry_id=posted.id, key=f"back {step}", cause=CAUSE)
            kept += [(time.moment, Line(line.code, -line.amount, line.party)) for line in entry.lines]
        if chance.random() < 0.2:
            ledger_seal(organisation_id=shop, most=chance.choice([1, 3, 1000]))
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for _, line in kept:
        sums[line.code, line.party] += line.amount * line.code.side
    assert {(row.code, row.party): row.amount for row in selectors.balances(shop, currency="RUB")} == sums
    for _ in range(40):
        code, party = chance.choice(sorted(sums))
        since = START + dt.timedelta(seconds=chance.randint(0, 200_000))
        until = since + dt.timedelta(seconds=chance.randint(0, 200_000))
        _statement_agrees(shop, kept, Code(code), party, since, until)
    ledgers_seal()
    assert list(ledger_problems(shop)) == []


def _statement_agrees(shop, kept, code: Code, party: str, since, until) -> None:
    own = [(at, line.amount * code.side) for at, line in kept if (line.code, line.party) == (code, party)]
    amounts, after = [], None
    while True:
        page = selectors.statement(
            shop, code, currency="RUB", party=party, since=since, until=until, after=after, limit=7
        )
        amounts += [line.amount for line in page.lines]
        if not page.more:
            break
        after = page.lines[-1].cursor
    assert page.opening == sum(amount for at, amount in own if at < since)
    assert page.closing == sum(amount for at, amount in own if at < until) == page.opening + sum(amounts)
    assert sorted(amounts) == sorted(amount for at, amount in own if since <= at < until)


# --- growth --------------------------------------------------------------------------------------------------------


def test_a_posting_is_one_statement(shop, django_assert_num_queries):
    post(shop, entries.released(1, currency="RUB"))
    with within(shop), django_assert_num_queries(0):  # the ORM has no part in it
        seen = _statements(lambda: post(shop, entries.released(1, currency="RUB")))
    assert len(seen) == 1


@pytest.mark.parametrize("query", ["TAKE_UNSEALED", "COUNT_IN", "ENTRIES", "BALANCES", "BALANCE_AT", "LINES"])
def test_what_looks_at_few_entries_finds_each_by_its_key(shop, superuser, query):
    """Never by the organisation, all of whose journal would be read."""
    for _ in range(200):
        post(shop, entries.released(1, currency="RUB"))
    superuser.execute("ANALYZE kassa_ledger_journalentry, kassa_ledger_posting")
    values = {"organisation_id": shop, "ids": [uuid7()], "key": "k", "limit": 9, "currency": "RUB", "code": None}
    values |= {"account_id": uuid7(), "hour": START, "at": START, "until": START}
    values |= {"after_at": START, "after_entry": uuid7(), "after_line": 0}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("EXPLAIN " + getattr(sql, query), values)
        plan = [row[0].strip() for row in cursor.fetchall()]
    found = [plan[at + 1] for at, step in enumerate(plan) if "Scan" in step and "on kassa_ledger_posting" in step]
    found += [plan[at + 1] for at, step in enumerate(plan) if "Scan" in step and "on kassa_ledger_journalentry" in step]
    assert found
    for condition in found:
        assert any(key in condition for key in ("entry_id = ", "(id = ", "key)::text = ", "posted_at >= ")), condition


def _statements(work) -> list[str]:
    seen: list[str] = []
    original = sql.run

    def counted(query, *arguments, **more):
        seen.append(query)
        return original(query, *arguments, **more)

    sql.run = counted
    try:
        work()
    finally:
        sql.run = original
    return seen
