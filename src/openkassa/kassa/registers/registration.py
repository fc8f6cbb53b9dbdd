"""What a register is told when it is registered with the tax service (forms 1 and 11)."""

from __future__ import annotations

from openkassa.core.tenancy import within
from openkassa.fiscal import identifiers
from openkassa.fiscal.driver import Register
from openkassa.fiscal.ffd.reports import Cashier, RegistrationContent
from openkassa.fiscal.fn.emulation import OPERATOR_INN
from openkassa.fiscal.text import printable
from openkassa.kassa.outlets.models import Outlet
from openkassa.kassa.registers.models import CashRegister, Pool

OPERATOR_NAME = "ОФД OpenKassa"
KEY_DAYS = 410  # tag 1213
INTERNET_ONLY = 1 << 5  # bit of tag 1290


def registration_task(task_id: str, register: CashRegister, *, reasons: int | None = None) -> Register:
    """The driver's task that registers `register`, or changes its registration for `reasons` (bits of tag 1205)."""
    organisation = register.organisation
    with within(register.organisation_id):
        pool = Pool.objects.get(id=register.pool_id)
        outlet = Outlet.objects.get(id=pool.outlet_id)
    content = RegistrationContent(
        user=printable(organisation.name),
        address=printable(outlet.address),
        place=printable(outlet.place),
        serial=register.serial,
        cashier=Cashier(name="Администратор"),
        key_resource=KEY_DAYS,
        taxation=pool.taxation,
        conditions=INTERNET_ONLY if pool.internet_only else 0,
        ofd_inn=OPERATOR_INN,
        ofd_name=OPERATOR_NAME,
        seller_email=pool.sender_email or None,
        reasons=reasons,
    )
    return Register(
        id=task_id,
        rnm=register.rnm,
        inn=organisation.inn,
        taxation=pool.taxation,
        ffd=pool.ffd,
        utc_offset=register.utc_offset,
        content=content.content(pool.ffd),
        reasons=reasons,
    )


def test_rnm(sequence: int, inn: str, serial: str) -> str:
    """A registration number by the tax service's rule, for a register that is emulated.

    A real one is given by the tax service; ten digits of sequence number and six of a checksum over it, the
    ИНН and the serial number.
    """
    return identifiers.make_rnm(sequence, inn, serial)
