"""`kassa init`: one organisation that can sell, without demo data."""

from __future__ import annotations

from openkassa.cli.business import atol_channel, random_register, register_with_device, v1_channel
from openkassa.core.db import atomic
from openkassa.core.keys import random_password
from openkassa.core.organisations import organisation_create
from openkassa.core.settings import settings
from openkassa.fiscal.identifiers import is_inn
from openkassa.kassa.outlets.services import outlet_create, outlet_member_add
from openkassa.kassa.people.models import Role
from openkassa.kassa.people.services import membership_create, user_create
from openkassa.kassa.registers.models import Ffd
from openkassa.kassa.registers.services import pool_create

TAXATIONS = 1 | 2 | 4 | 16 | 32


class WrongBusiness(Exception):
    """A value that no organisation can have; the text names it."""


def business_create(
    *,
    name: str,
    inn: str,
    owner: str,
    owner_name: str,
    address: str,
    place: str,
    taxation: int,
    ffd: str,
    utc_offset: int,
) -> dict[str, str]:
    """Makes the business and returns what its owner has to know, secrets included.

    Raises `WrongBusiness`, `ValidationError` for a wrong phone or e-mail, `IntegrityError` for a taken one.
    """
    versions = {label: value for value, label in Ffd.choices}
    if not is_inn(inn):
        raise WrongBusiness(f"ИНН {inn} is wrong: 10 or 12 digits whose check digits agree")
    if ffd not in versions:
        raise WrongBusiness(f"FFD {ffd} is unknown; choose one of {', '.join(versions)}")
    if not taxation or taxation & ~TAXATIONS:
        raise WrongBusiness(f"taxation {taxation} is not a sum of 1, 2, 4, 16 and 32")
    secret = random_password(14)
    with atomic():
        organisation = organisation_create(name=name, inn=inn)
        person = user_create(display_name=owner_name, identifier=owner, password=secret)
        membership = membership_create(organisation_id=organisation.id, user_id=person.id, role=Role.OWNER)
        outlet = outlet_create(
            organisation_id=organisation.id, name=place[:200], address=address, place=place, utc_offset=utc_offset
        )
        outlet_member_add(organisation_id=organisation.id, outlet_id=outlet.id, membership_id=membership.id)
        pool = pool_create(
            organisation_id=organisation.id,
            outlet_id=outlet.id,
            name=f"{place[:80]}, ФФД {ffd}",
            ffd=versions[ffd],
            taxation=taxation,
        )
        _, access = atol_channel(organisation_id=organisation.id, pool=pool, login=f"shop-{inn}", name="АТОЛ Онлайн")
        _, key = v1_channel(organisation_id=organisation.id, pool=pool, name="API")
        # Last, as files are not rolled back.
        register = register_with_device(
            settings=settings(),
            organisation_id=organisation.id,
            pool=pool,
            name="Касса 1",
            new=random_register(),
            utc_offset=utc_offset,
        )
    return {
        "organisation": str(organisation.id),
        "owner": f"{owner} / {secret}",
        "register": f"{register.serial}, РНМ {register.rnm}, ФН {register.fn}",
        "ATOL v4": f"{settings().public_url}/possystem/v4",
        "ATOL login / pass / group": f"{access.login} / {access.password} / {access.group}",
        "API v1": f"{settings().public_url}/api/v1",
        "API v1 key": key,
    }
