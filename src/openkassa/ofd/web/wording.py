"""Words of the operator's pages: names of forms, states of documents."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext as _

UTC_OFFSET = 180  # minutes, of the operator's place: Moscow


class State(NamedTuple):
    tone: str
    icon: str
    text: str


def form_name(form: int) -> str:
    """Name of a document's form; an unknown one is named by its number."""
    names = {
        1: _("Registration report"),
        11: _("Change of registration"),
        2: _("Shift opened"),
        21: _("State of settlements"),
        3: _("Receipt"),
        31: _("Correction receipt"),
        4: _("Strict form (BSO)"),
        41: _("Correction of a strict form"),
        5: _("Shift closed"),
        6: _("Fiscal storage closed"),
    }
    return names.get(form) or _("Form %(number)s") % {"number": form}


def acknowledgement_state(code: int) -> State:
    """What the operator answered (tag 1022)."""
    if code == 0:
        return State("good", "check", _("accepted"))
    if code == 11:
        return State("bad", "circle-x", _("not recognised"))
    return State("warn", "alert-triangle", _("format fault"))
