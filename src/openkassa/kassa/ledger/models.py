"""The ledger: a journal of balanced entries that is never changed, and sums that are made from it.

Nothing on the way of a posting updates a row, so an account that everybody posts to is no bottleneck: an entry is
inserted with a mark that it is not sealed yet. Sealing, a moment later, chains entries by their digests and counts
them into the balances.
"""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from openkassa.core.states import append_only
from openkassa.core.tenancy import HotTenantModel, HotTenantRow, TenantForeignKey, TenantModel

# Deferred to the commit. Accounts are looked at here and not by a foreign key, which would lock the row of a hot
# account in each transaction; accounts are never deleted. A subquery and no join, so that no plan goes from an account
# to all of its postings.
BALANCED = """
        SELECT count(*) AS lines, sum(p.amount) AS total, bool_and(coalesce((
            SELECT a.currency = NEW.currency FROM kassa_ledger_account a
            WHERE a.organisation_id = NEW.organisation_id AND a.id = p.account_id), false)) AS same INTO found
        FROM kassa_ledger_posting p
        WHERE p.organisation_id = NEW.organisation_id AND p.entry_id = NEW.id;
        IF found.lines <> NEW.lines OR found.total <> 0 OR NOT found.same THEN
            RAISE EXCEPTION 'entry % does not balance: % of % lines, total %', NEW.id, found.lines, NEW.lines,
                found.total USING ERRCODE = '23514';
        END IF;
        IF NEW.reverses_id IS NOT NULL AND (
            NOT EXISTS (
                SELECT FROM kassa_ledger_posting
                WHERE organisation_id = NEW.organisation_id AND entry_id = NEW.reverses_id)
            OR EXISTS (
                SELECT FROM kassa_ledger_posting
                WHERE organisation_id = NEW.organisation_id AND entry_id IN (NEW.id, NEW.reverses_id)
                GROUP BY account_id HAVING sum(amount) <> 0)
        ) THEN
            RAISE EXCEPTION 'entry % is not the mirror of %', NEW.id, NEW.reverses_id USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
"""


class Account(TenantModel):
    """An account of the chart, for one party and currency (insert-only)."""

    append_only = True
    code = models.CharField(max_length=4)
    party = models.CharField(max_length=64, blank=True, default="")
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="account_tenant_id"),
            models.UniqueConstraint(fields=["organisation", "code", "party", "currency"], name="account_once"),
        ]
        triggers = [append_only("account_append_only")]

    def __str__(self) -> str:
        return f"{self.code} {self.party}".rstrip()


class JournalEntry(HotTenantModel):
    """What happened to money, and why (insert-only). Its id is a UUIDv7."""

    append_only = True
    key = models.CharField(max_length=200)  # the effect that it stands for: a repeat finds the first
    kind = models.CharField(max_length=32)
    cause_kind = models.CharField(max_length=32)  # payment, refund, payout, registry …
    cause_id = models.UUIDField()
    currency = models.CharField(max_length=3)
    lines = models.SmallIntegerField()
    reverses_id = models.UUIDField(null=True)
    happened_at = models.DateTimeField()  # when it happened outside
    posted_at = models.DateTimeField()  # when it came into the books: statements go by this
    digest = models.BinaryField()  # SHA-256 of the entry and its postings

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "key"], name="journal_entry_once"),
            models.UniqueConstraint(fields=["organisation", "id", "lines"], name="journal_entry_lines"),
            models.UniqueConstraint(
                fields=["organisation", "reverses_id"],
                condition=models.Q(reverses_id__isnull=False),
                name="journal_entry_reversed_once",
            ),
            models.CheckConstraint(condition=models.Q(lines__gte=2), name="journal_entry_two_lines"),
        ]
        indexes = [models.Index(fields=["organisation", "cause_id"], name="journal_entry_cause")]
        triggers = [
            append_only("journal_entry_append_only"),
            pgtrigger.Trigger(
                name="journal_entry_balanced",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                declare=[("found", "record")],
                func=BALANCED,
            ),
        ]


class Posting(HotTenantRow):
    """One line of an entry (insert-only).

    It refers to its entry together with the entry's number of lines: once all are there no other finds a place.
    """

    append_only = True
    pk = models.CompositePrimaryKey("organisation_id", "entry_id", "line")
    entry_id = models.UUIDField()
    line = models.SmallIntegerField()
    lines = models.SmallIntegerField()
    account_id = models.UUIDField()
    amount = models.BigIntegerField()  # minor units: debit above zero, credit below
    posted_at = models.DateTimeField()

    class Meta:
        constraints = [
            TenantForeignKey(column="entry_id", to="kassa_ledger_journalentry", name="posting_entry", also=["lines"]),
            models.CheckConstraint(
                condition=models.Q(line__gte=1, line__lte=models.F("lines")) & ~models.Q(amount=0),
                name="posting_line",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "account_id", "posted_at", "entry_id", "line"],
                include=["amount"],
                name="posting_statement",
            )
        ]
        triggers = [append_only("posting_append_only")]


class UnsealedEntry(HotTenantRow):
    """An entry that is not counted into the balances yet: written with it, taken away by its seal."""

    pk = models.CompositePrimaryKey("organisation_id", "entry_id")
    entry_id = models.UUIDField()


class Seal(TenantModel):
    """A link of the organisation's chain: its hash covers the hash before it and the digests of its entries."""

    append_only = True
    number = models.BigIntegerField()  # from 1 without gaps
    entry_ids = ArrayField(models.UUIDField())
    hash = models.BinaryField()
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "number"], name="seal_number_once"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="seal_number"),
        ]
        triggers = [append_only("seal_append_only")]


class AccountBalance(HotTenantRow):
    """The sum of an account's sealed postings. Who may not take more than there is locks this row."""

    pk = models.CompositePrimaryKey("organisation_id", "account_id")
    account_id = models.UUIDField()
    amount = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            TenantForeignKey(column="account_id", to="kassa_ledger_account", name="account_balance_account"),
        ]


class AccountHour(HotTenantRow):
    """What an account's sealed postings of one hour (UTC) come to: statements of any moment are made from it."""

    pk = models.CompositePrimaryKey("organisation_id", "account_id", "hour")
    account_id = models.UUIDField()
    hour = models.DateTimeField()
    debit = models.BigIntegerField(default=0)
    credit = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            TenantForeignKey(column="account_id", to="kassa_ledger_account", name="account_hour_account"),
            models.CheckConstraint(condition=models.Q(debit__gte=0, credit__gte=0), name="account_hour_sums"),
        ]
