"""Shifts of a group: report, open, close, mode. Registers are asked by command; no request waits for a device."""

from __future__ import annotations

import pytest
from tests.api.digitalkassa import calls

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(shop):
    return calls.connect(shop)


def register(group, serial: str, *, state: str = "working", shift: int = 0, is_open: bool = False):
    from openkassa.core.tenancy import within
    from openkassa.kassa.registers.models import CashRegister, Pool, RegisterStatus

    with within(group.organisation_id):
        pool = Pool.objects.get()
        made = CashRegister.objects.create(
            organisation_id=group.organisation_id, serial=serial, fn=serial.zfill(16), pool_id=pool.id, name=serial
        )
        if state != "new":
            CashRegister.objects.filter(id=made.id).update(state="working")
        if state not in ("new", "working"):
            CashRegister.objects.filter(id=made.id).update(state=state)
        RegisterStatus.objects.create(
            organisation_id=group.organisation_id, register_id=made.id, pool_id=pool.id, shift=shift, shift_open=is_open
        )
    return made


def document(group, register, form: int, shift: int, fd: int, number: int = 0) -> None:
    from openkassa.core.clock import now
    from openkassa.core.tenancy import within
    from openkassa.kassa.registers.models import FiscalDocument

    with within(group.organisation_id):
        FiscalDocument.objects.create(
            organisation_id=group.organisation_id, register_id=register.id, fn=register.fn, fd=fd, form=form,
            shift=shift, number=number, operation=1, total=100, fiscal_sign=1000 + fd, utc_offset=180,
            local_time=1_800_000_000, made_at=now(),
        )  # fmt: skip


def shifts(register, **changes) -> None:
    from openkassa.core.tenancy import within
    from openkassa.kassa.registers.models import RegisterStatus

    with within(register.organisation_id):
        RegisterStatus.objects.filter(register_id=register.id).update(**changes)


def commands(group) -> list[tuple[str, str]]:
    from openkassa.core.tenancy import within
    from openkassa.kassa.registers.models import CashRegister, RegisterCommand

    with within(group.organisation_id):
        serials = dict(CashRegister.objects.values_list("id", "serial"))
        return [(serials[one.register_id], one.kind) for one in RegisterCommand.objects.order_by("id")]


def test_the_report_is_of_the_open_shift(group):
    closed, opened = register(group, "1", shift=4), register(group, "2", shift=7, is_open=True)
    document(group, opened, 3, 7, 20, number=5)
    document(group, closed, 3, 4, 20, number=9)
    body = calls.ask(group, "GET", "/shifts/report").json
    each = body.pop("registers")
    assert body == {"shift_status": 1, "shift_number": 7, "check_number": 5, "mode": 0}
    assert [(one["factory_num"], one["shift_status"], one["check_number"]) for one in each] == [
        ("1", 0, 9),
        ("2", 1, 5),
    ]


def test_the_first_receipt_of_a_shift_is_still_to_come(group):
    one = register(group, "1", shift=8, is_open=True)
    document(group, one, 3, 7, 20, number=5)
    assert calls.ask(group, "GET", "/shifts/report").json["check_number"] == 0


@pytest.mark.parametrize("body", [None, b"", b"{}", {"name": "Иванова", "tin": None, "address": "x", "place": "y"}])
def test_opening_is_asked_of_working_registers_with_a_closed_shift_once(group, body):
    one, _, _ = register(group, "1"), register(group, "2", is_open=True), register(group, "3", state="stopped")
    for _ in range(2):
        answer = calls.ask(group, "POST", "/shifts/open", body)
        assert (answer.status, answer.json) == (
            202, {"shift_number": None, "fd_number": None, "fiscal_sign": None},
        )  # fmt: skip
    assert commands(group) == [("1", "open_shift")]
    shifts(one, shift=3, shift_open=True)
    document(group, one, 2, 3, 11)
    answer = calls.ask(group, "POST", "/shifts/open", body)
    assert (answer.status, answer.json) == (200, {"shift_number": 3, "fd_number": 11, "fiscal_sign": 1011})
    assert len(commands(group)) == 1


def test_closing(group):
    one = register(group, "1", shift=3, is_open=True)
    answer = calls.ask(group, "POST", "/shifts/close", version="v2")
    assert (answer.status, answer.json) == (202, {"shift_number": 3, "fd_number": None, "fiscal_sign": None})
    assert commands(group) == [("1", "close_shift")]
    shifts(one, shift_open=False)
    document(group, one, 5, 3, 12)
    answer = calls.ask(group, "POST", "/shifts/close")
    assert (answer.status, answer.json) == (200, {"shift_number": 3, "fd_number": 12, "fiscal_sign": 1012})


@pytest.mark.parametrize("path", ["/shifts/open", "/shifts/close"])
def test_a_group_without_working_registers(group, path):
    assert calls.ask(group, "POST", path).status == 409
    register(group, "1", state="stopped")
    answer = calls.ask(group, "POST", path)
    assert (answer.status, answer.json[0]["type"]) == (409, "no_cashbox")
    assert commands(group) == []


def test_a_report_of_a_group_without_registers(group):
    assert calls.ask(group, "GET", "/shifts/report").status == 409


def test_other_groups_registers_are_left_alone(group, other_shop):
    theirs = calls.connect(other_shop, code="2000")
    register(theirs, "9")
    register(group, "1")
    assert calls.ask(group, "POST", "/shifts/open").status == 202
    assert (commands(group), commands(theirs)) == ([("1", "open_shift")], [])


@pytest.mark.parametrize("mode", [1, 0, "1"])
def test_the_mode_is_the_groups(group, mode):
    from openkassa.core.tenancy import within
    from openkassa.kassa.registers.models import Pool

    register(group, "1", shift=2)
    assert calls.ask(group, "GET", "/shifts/report").json["mode"] == 0
    answer = calls.ask(group, "POST", "/shifts/mode", {"mode": mode})
    assert (answer.status, answer.json["mode"], answer.json["shift_number"]) == (200, int(mode), 2)
    with within(group.organisation_id):
        assert Pool.objects.get().automatic_shifts == (int(mode) == 0)


@pytest.mark.parametrize("body", [{"mode": 2}, {"mode": None}, {}, {"mode": "x"}, b"", b"[]", b"{"])
def test_modes_that_are_refused(group, body):
    register(group, "1")
    answer = calls.ask(group, "POST", "/shifts/mode", body)
    assert answer.status == 400
    assert answer.json[0]["type"] in ("validation", "request_body")
