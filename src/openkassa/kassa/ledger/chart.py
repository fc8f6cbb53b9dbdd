"""The chart of accounts: whose money is where. Pure data.

Amounts are signed: debit above zero, credit below. An account's balance is shown on the side that its type grows on.
"""

from __future__ import annotations

import enum
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _


class Type(enum.Enum):
    ASSET = 1
    EXPENSE = 2
    LIABILITY = -1
    INCOME = -2

    @property
    def side(self) -> int:
        """1 where the balance grows by debits, -1 where by credits."""
        return 1 if self.value > 0 else -1


class Code(enum.StrEnum):
    BANK_MERCHANTS = "1010"
    BANK_OWN = "1015"
    CASH = "1020"
    ACQUIRER = "1100"
    PAYOUT_CLEARING = "1110"
    DEBT = "1200"
    PENDING = "2010"
    AVAILABLE = "2011"
    RESERVE = "2012"
    PREPAID = "2020"
    AGENTS = "2030"
    VAT = "2040"
    TAKINGS = "2060"
    SUSPENSE = "2090"
    FEES = "4010"
    SUBSCRIPTIONS = "4020"
    ACQUIRER_FEES = "5010"
    AGENT_FEES = "5020"
    DIFFERENCES = "5090"

    @property
    def side(self) -> int:
        return CHART[self][1].side


# Code → name, type. The party of an account (a provider's or an outlet's code) tells accounts of one code apart.
CHART = MappingProxyType(
    {
        Code.BANK_MERCHANTS: (_("Bank account with merchants' money"), Type.ASSET),
        Code.BANK_OWN: (_("Own bank account"), Type.ASSET),
        Code.CASH: (_("Cash at outlets"), Type.ASSET),
        Code.ACQUIRER: (_("Due from the acquirer"), Type.ASSET),
        Code.PAYOUT_CLEARING: (_("Payouts on their way"), Type.LIABILITY),
        Code.DEBT: (_("Due from the merchant"), Type.ASSET),
        Code.PENDING: (_("Due to the merchant, in processing"), Type.LIABILITY),
        Code.AVAILABLE: (_("Due to the merchant, available"), Type.LIABILITY),
        Code.RESERVE: (_("Held for the merchant"), Type.LIABILITY),
        Code.PREPAID: (_("Prepaid subscriptions"), Type.LIABILITY),
        Code.AGENTS: (_("Due to agents"), Type.LIABILITY),
        Code.VAT: (_("VAT due"), Type.LIABILITY),
        Code.TAKINGS: (_("Merchants' cash takings"), Type.LIABILITY),
        Code.SUSPENSE: (_("Money whose owner is not known yet"), Type.LIABILITY),
        Code.FEES: (_("Fees earned"), Type.INCOME),
        Code.SUBSCRIPTIONS: (_("Subscriptions earned"), Type.INCOME),
        Code.ACQUIRER_FEES: (_("Fees of acquirers"), Type.EXPENSE),
        Code.AGENT_FEES: (_("Commissions of agents"), Type.EXPENSE),
        Code.DIFFERENCES: (_("Differences found in reconciliation"), Type.EXPENSE),
    }
)
