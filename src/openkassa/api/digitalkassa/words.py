"""Numbers of digitalkassa and what they mean: most are those of the fiscal document formats themselves.

`type` of an item is tag 1212, `payment_method` 1214, `unit` 2108, `vat` 1199, `taxation` 1055, `agent.type` 1222,
`timezone` 1011. `docs/integrations/digitalkassa.md` shows the tables; a test compares both.
"""

from __future__ import annotations

from typing import Final

OPERATIONS: Final = {1: 1, 2: 2, 3: 3, 4: 4}  # type of a receipt: tag 1054
TAXATION: Final = (1, 2, 4, 16, 32)
TIMEZONES: Final = range(1, 12)
AGENTS: Final = (1, 2, 4, 8, 16, 32, 64)

# Field of `fiscal.draft.Payments` by field of `amount`.
PAYMENTS: Final = {
    "cash": "cash", "cashless": "electronic", "prepayment": "prepaid", "postpayment": "credit", "barter": "other",
}  # fmt: skip

GROUP_TYPE: Final = "online_store"
AUTOMATIC, MANUAL = 0, 1  # mode of shifts
