"""Shifts of a group: how they are, and the wish to open or close them, which the registers' workers carry out."""

from __future__ import annotations

from typing import Any

from openkassa.api.digitalkassa import words
from openkassa.api.digitalkassa.errors import Refused
from openkassa.fiscal.ffd.tags import RECEIPT_FORMS, SHIFT_CLOSE, SHIFT_OPEN
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.registers.models import CashRegister, CommandKind, RegisterState, RegisterStatus
from openkassa.kassa.registers.selectors import pool_is_automatic, pool_registers, register_last_document
from openkassa.kassa.registers.services import WrongState, command_request, pool_set_shifts

DONE, ASKED = 200, 202


def report(channel: ChannelContext) -> dict[str, Any]:
    """The group's shift: of its register that has one open, else of its first; `registers` has each."""
    each = [_shift(channel, one, status) for one, status in _registers(channel)]
    main = next((one for one in each if one["shift_status"]), each[0])
    return {name: main[name] for name in ("shift_status", "shift_number", "check_number")} | {
        "mode": words.AUTOMATIC if pool_is_automatic(channel.organisation_id, channel.pool_id) else words.MANUAL,
        "registers": each,
    }


def set_mode(channel: ChannelContext, mode: int) -> dict[str, Any]:
    """The report after shifts were made automatic or manual."""
    pool_set_shifts(organisation_id=channel.organisation_id, pool_id=channel.pool_id, automatic=mode == words.AUTOMATIC)
    return report(channel)


def opened(channel: ChannelContext) -> tuple[int, dict[str, Any]]:
    """(HTTP status, body) of a wish to open: 202 while registers have it before them, 200 when every shift is open."""
    return _wish(channel, CommandKind.OPEN_SHIFT, SHIFT_OPEN, wanted=True)


def closed(channel: ChannelContext) -> tuple[int, dict[str, Any]]:
    """The same of a wish to close."""
    return _wish(channel, CommandKind.CLOSE_SHIFT, SHIFT_CLOSE, wanted=False)


def _wish(channel: ChannelContext, kind: CommandKind, form: int, wanted: bool) -> tuple[int, dict[str, Any]]:
    working = [(one, status) for one, status in _registers(channel) if one.state == RegisterState.WORKING]
    asked = 0
    for register, status in working:
        if status.shift_open == wanted:
            continue
        try:
            command_request(organisation_id=channel.organisation_id, register_id=register.id, kind=kind)
        except WrongState:  # it was stopped meanwhile
            continue
        asked += 1
    if not working:
        raise Refused(409, "no_cashbox", ("", "В группе нет работающих касс"))
    register, status = working[0]
    if asked:
        return ASKED, {"shift_number": status.shift or None, "fd_number": None, "fiscal_sign": None}
    document = register_last_document(channel.organisation_id, register.id, (form,))
    if document is None:
        return DONE, {"shift_number": status.shift or None, "fd_number": None, "fiscal_sign": None}
    return DONE, {"shift_number": document.shift, "fd_number": document.fd, "fiscal_sign": document.fiscal_sign}


def _registers(channel: ChannelContext) -> list[tuple[CashRegister, RegisterStatus]]:
    registers = pool_registers(channel.organisation_id, channel.pool_id)
    if not registers:
        raise Refused(409, "no_cashbox", ("", "В группе нет касс"))
    return registers


def _shift(channel: ChannelContext, register: CashRegister, status: RegisterStatus) -> dict[str, Any]:
    last = register_last_document(channel.organisation_id, register.id, tuple(RECEIPT_FORMS))
    in_shift = last is not None and last.shift == status.shift
    return {
        "factory_num": register.serial,
        "shift_status": int(status.shift_open),
        "shift_number": status.shift,
        "check_number": last.number if last is not None and in_shift else 0,
    }
