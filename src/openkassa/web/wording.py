"""Words, colours and icons for the codes of receipts and registers."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from openkassa.kassa.receipts.models import State

OPERATIONS = {1: lazy("sale"), 2: lazy("sale refund"), 3: lazy("purchase"), 4: lazy("purchase refund")}  # tag 1054
CORRECTIONS = {
    1: lazy("correction of a sale"),
    2: lazy("correction of a sale refund"),
    3: lazy("correction of a purchase"),
    4: lazy("correction of a purchase refund"),
}
TAXATIONS = {  # tag 1055
    1: lazy("general system"),
    2: lazy("simplified, income"),
    4: lazy("simplified, income less expenses"),
    8: lazy("single tax on imputed income"),
    16: lazy("agricultural tax"),
    32: lazy("patent"),
}
PAYMENTS = (  # field of the draft, words; tags 1031, 1081, 1215, 1216, 1217
    ("cash", lazy("cash")),
    ("electronic", lazy("cashless")),
    ("prepaid", lazy("prepayment offset")),
    ("credit", lazy("on credit")),
    ("other", lazy("other consideration")),
)
FORMS = {  # codes of document forms
    1: lazy("registration report"),
    11: lazy("report on changed registration"),
    2: lazy("shift opening"),
    5: lazy("shift closing"),
    3: lazy("receipt"),
    31: lazy("correction receipt"),
    4: lazy("strict reporting form"),
    41: lazy("correction strict reporting form"),
    21: lazy("report on the state of settlements"),
    6: lazy("storage closing"),
}
ACKNOWLEDGEMENTS = {
    0: lazy("accepted without remarks"),
    11: lazy("accepted, but the document's form was not recognised"),
    14: lazy("accepted, with faults found by format control"),
}


@dataclass(frozen=True, slots=True)
class Look:
    tone: str
    icon: str


MARK_LOOKS: dict[str | None, tuple[str | Promise, Look]] = {  # how a marking code's check is printed; None: not yet
    "[М+]": (lazy("checked and right"), Look("good", "check")),
    "[М-]": (lazy("checked and wrong"), Look("bad", "circle-x")),
    "[М]": (lazy("not wholly checked"), Look("warn", "alert-triangle")),
    None: (lazy("not checked yet"), Look("wait", "hourglass")),
}
STATE_LOOKS = {
    State.ACCEPTED: Look("wait", "hourglass"),
    State.ASSIGNED: Look("info", "send"),
    State.IN_DOUBT: Look("doubt", "alert-triangle"),
    State.FISCALISED: Look("good", "check"),
    State.CONFIRMED: Look("good", "checks"),
    State.REFUSED: Look("bad", "circle-x"),
    State.WITHDRAWN: Look("neutral", "arrow-back-up"),
}
STATES_SHORT = {  # where there is little room
    State.ACCEPTED: lazy("waiting"),
    State.ASSIGNED: lazy("at the register"),
    State.IN_DOUBT: lazy("in doubt"),
    State.FISCALISED: lazy("fiscalised"),
    State.CONFIRMED: lazy("confirmed"),
    State.REFUSED: lazy("refused"),
    State.WITHDRAWN: lazy("withdrawn"),
}
CALLBACK_LOOKS = {
    "waiting": Look("wait", "hourglass"),
    "delivered": Look("good", "check"),
    "failed": Look("bad", "circle-x"),
}
ATTEMPT_LOOKS = {
    "open": Look("info", "send"),
    "doubt": Look("doubt", "alert-triangle"),
    "made": Look("good", "check"),
    "void": Look("neutral", "x"),
}
COMMAND_LOOKS = {
    "waiting": Look("wait", "hourglass"),
    "sent": Look("info", "send"),
    "done": Look("good", "check"),
    "failed": Look("bad", "circle-x"),
}
REGISTER_LOOKS = {
    "new": Look("neutral", "info-circle"),
    "working": Look("good", "check"),
    "stopped": Look("warn", "hourglass"),
    "closed": Look("neutral", "lock"),
    "lost": Look("bad", "circle-x"),
}


def kind_of(form: int, operation: int) -> str:
    """What a receipt is: «sale», «correction of a sale refund» …"""
    words = CORRECTIONS if form in (31, 41) else OPERATIONS
    return str(words.get(operation, operation))


def what_next(state: str, acknowledgement: int | None = None) -> str:
    """One sentence under a receipt's state: what happens now and whether anybody has to do anything."""
    if state == State.CONFIRMED and acknowledgement:
        return _("The operator has it, with a remark. Show the document to your register's service.")
    return {
        State.ACCEPTED: _("It waits for a free register. Nothing has to be done."),
        State.ASSIGNED: _("The register is making the document."),
        State.IN_DOUBT: _("The register's answer was lost. Its journal is being asked; the receipt is not sent again."),
        State.FISCALISED: _("The receipt is valid. The register is sending it to the operator."),
        State.CONFIRMED: _("Finished: the operator has confirmed the document."),
        State.REFUSED: _("No document was made. Put the cause right and send a new receipt."),
        State.WITHDRAWN: _("It was taken back before a register got it. No document was made."),
    }[State(state)]
