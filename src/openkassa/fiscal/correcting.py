"""From a wrong receipt to the documents that put it right, as the tax service recommends.

Its recommendations on correcting errors of settlements (Consultant LAW_493756) know two ways:

* FFD 1.05: a plain receipt of the opposite operation that repeats the wrong one, then a plain receipt with the right
  data. A correction receipt is there for settlements without a cash register alone, so nothing says by whose order.
* FFD 1.1 and 1.2: a correction receipt of the opposite operation that repeats the wrong receipt with its lines, then a
  correction receipt with the right data, both with the day of the settlement and, by order, the order's number.

In both the additional requisite (1192) names the fiscal sign of the wrong receipt: for 1.05 several sources say so
(mark C), for 1.2 it is taken over (mark U).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from msgspec.structs import replace

from .draft import Correction, ReceiptDraft
from .ffd.tags import FFD_1_05

OPPOSITE: Final = {1: 2, 2: 1, 3: 4, 4: 3}  # tag 1054


class Uncorrectable(ValueError):
    """There is no known way to put this receipt right; the text says why, in Russian."""


def correct(
    wrong: ReceiptDraft,
    right: ReceiptDraft | None,
    *,
    ffd: int,
    fiscal_sign: int,
    day: dt.date,
    order: str | None = None,
) -> tuple[ReceiptDraft, ...]:
    """The reversal of `wrong` and, when there is one, the `right` receipt, in the order in which they are made.

    `fiscal_sign` and `day` (till-local) are those of the wrong document, `order` the number of the order when the tax
    service has told to correct. Raises `Uncorrectable`.
    """
    base = None
    if ffd == FFD_1_05:
        if wrong.correction is not None:
            raise Uncorrectable("чек коррекции в ФФД 1.05 исправляют вручную: порядок его отмены не описан")
    else:
        settled = wrong.correction.date if wrong.correction else day
        base = Correction(by_order=order is not None, date=settled, number=order)
    changes = {"correction": base, "extra": str(fiscal_sign)}
    reversal = replace(wrong, operation=OPPOSITE[wrong.operation], **changes)
    return (reversal,) if right is None else (reversal, replace(right, **changes))
