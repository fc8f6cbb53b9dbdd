"""Codes of the services in the reader's language. Their own texts are Russian, as the wire faces need them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as lazy

from openkassa.fiscal.fn.errors import ErrorCode
from openkassa.kassa.fiscalisation import reasons

Text = str | Promise

# Trouble of a register → what it is, what to do.
PROBLEMS: dict[str, tuple[Text, Text]] = {
    "unreachable": (
        lazy("The register doesn't answer"),
        lazy("Check that it is switched on and can be reached over the network."),
    ),
    "answer_lost": (lazy("An answer of the register was lost"), lazy("Its journal will be compared.")),
    "fault": (
        lazy("An error of the program"),
        lazy("The register's journal will be compared. Tell the administrator: the log says more."),
    ),
    "other_storage": (
        lazy("Another storage is in the register"),
        lazy("Put the right one in, or replace the storage on the register's page."),
    ),
    "journal_behind": (
        lazy("The register's journal lacks documents that we hold"),
        lazy("Its memory was lost or exchanged. Do not use it, and call its service."),
    ),
    "journal_gap": (lazy("The register does not show all of its documents"), lazy("Call its service.")),
    "journal_other": (
        lazy("The journal has other documents than those entered by hand"),
        lazy("Compare the papers with the journal, and put what is wrong right by a refund or a correction."),
    ),
    "shift_closed": (
        lazy("The shift is closed, and shifts are opened by hand"),
        lazy("Receipts wait: open the shift on the register's page."),
    ),
    "journal_damaged": (lazy("The register's journal is damaged"), lazy("Put the right journal back.")),
    "journal_failed": (lazy("The register can't write its journal"), lazy("Free space on its disk.")),
}
# Refusal of a fiscal storage → what it is.
STORAGE: dict[int, Text] = {
    ErrorCode.WRONG_STATE: lazy("This is not possible in the storage's present state."),
    ErrorCode.STORAGE_FAILURE: lazy("The storage has failed: replace it."),
    ErrorCode.SIGNER_FAILURE: lazy("The storage has failed: replace it."),
    ErrorCode.TERM_OVER: lazy("The storage's term is over: close the shift and replace it."),
    ErrorCode.ARCHIVE_FULL: lazy("The storage is full: close the shift and replace it."),
    ErrorCode.WRONG_TIME: lazy("The time is before that of the last document: check the register's clock."),
    ErrorCode.WRONG_PARAMETERS: lazy("The storage does not accept these data."),
    ErrorCode.TOO_MANY_ITEMS: lazy("The document has too many lines."),
    ErrorCode.TLV_TOO_LONG: lazy("The document is too large."),
    ErrorCode.OPERATOR_QUEUE_FULL: lazy("There is no room for undelivered documents: restore the way to the operator."),
    ErrorCode.UNDELIVERED_TOO_OLD: lazy(
        "The first undelivered document is over 30 days old: restore the way to the operator."
    ),
    ErrorCode.SHIFT_TOO_LONG: lazy("The shift is over 24 hours old: close it and open a new one."),
    ErrorCode.CLOCKS_DIFFER: lazy("The clocks of register and storage differ by over 5 minutes."),
}
# Why a receipt can't be refunded on its page.
# Why a receipt has no refund, correction or offset.
REFUSALS: dict[str, Text] = {
    "kind": lazy("Only a sale or a purchase can be refunded, not a refund."),
    "state": lazy("Only a receipt that has its document can be refunded."),
    "content_gone": lazy("The content of the receipt is no longer kept."),
    "no_items": lazy("A correction has no lines: make its refund yourself."),
    "nothing_left": lazy("Everything has been refunded already."),
    "exceeds": lazy("This is more than earlier refunds have left."),
    "correct_state": lazy("Only a receipt that has its document can be put right."),
    "undone_already": lazy("The receipt has been refunded or put right already."),
    "offset_already": lazy("Its prepayment has been offset already."),
    "replaced_already": lazy("A right receipt in its place has been accepted already: undo the wrong one alone."),
    "uncorrectable": lazy(
        "A correction receipt of format 1.05 is put right by hand: no order of undoing it is described."
    ),
    "offset_state": lazy("Only a prepayment that has its document can be offset."),
    "no_prepayment": lazy("The receipt has no prepayment or advance."),
    "used_up": lazy("The prepayment has been offset or refunded in full already."),
    "prepayment_short": lazy("This takes more than is left of the prepayment."),
    "all_given": lazy("Everything has been handed over already."),
    "not_goods": lazy("A line does not name its goods at the full price: list what is handed over."),
    "sums_differ": lazy(
        "The sums of goods, payments and prepayment do not fit: the goods cost what is paid and offset."
    ),
}
WITH_SUMS = {"sums_differ", "prepayment_short"}  # the services' own texts name the sums, in Russian

# Why an attempt ended or is in doubt, as it is kept.
REASONS: dict[str, Text] = {
    reasons.ANSWER_LOST: lazy("the register's answer was lost"),
    reasons.BATCH_ENDED: lazy("the register ended the batch before it"),
    reasons.TASK_UNKNOWN: lazy("the register does not know the task"),
    reasons.MADE_BY_ANOTHER: lazy("another attempt made the document"),
    reasons.REGISTER_LOST: lazy("the register was given up"),
}


def problem_texts(code: str, text: str) -> tuple[str, str]:
    """(title, advice) of a register's trouble. `text`: the service's own, for a code that is not known here."""
    storage = storage_text(code)
    if storage:
        return str(lazy("The fiscal storage refuses documents")), storage
    title, advice = PROBLEMS.get(code, (code, text))
    return str(title), str(advice)


def storage_text(code: str) -> str:
    """Words for `fn_XX`, the code with which a storage refuses; "" for any other."""
    number = code.removeprefix("fn_")
    if number == code or not number or set(number) - set("0123456789abcdef"):
        return ""
    return str(STORAGE.get(int(number, 16), ""))


def refusal_text(error: Exception) -> str:
    """What to tell a person whose refund, correction or offset was refused."""
    code = getattr(error, "code", "")
    if code in WITH_SUMS and get_language() == "ru":
        return str(error)
    return str(REFUSALS.get(code, error))


def reason_text(kept: str) -> str:
    """Why an attempt ended, in the reader's language where the platform said it, in the device's words else."""
    return str(REASONS.get(kept, kept))
