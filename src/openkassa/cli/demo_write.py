"""`python -m openkassa.cli.demo_write kassa|ofd|faces`: a part of the demo business, users on standard input."""

from __future__ import annotations

import sys

import django
import msgspec

from openkassa.cli import demo


def write_ofd(users: list[demo.DemoUser]) -> None:
    from openkassa.ofd.people.selectors import user_find
    from openkassa.ofd.people.services import user_create, user_set_password

    names = dict(demo.PEOPLE)
    for user in users:
        if user.role != "operator":
            continue
        known = user_find(identifier=user.login)
        if known is not None:  # an earlier attempt got this far
            user_set_password(user=known, password=user.password)
        else:
            user_create(display_name=names[user.role], identifier=user.login, password=user.password, is_operator=True)


def write_kassa(users: list[demo.DemoUser]) -> None:
    from django.db import transaction

    from openkassa.cli.business import atol_channel, register_with_device, v1_channel
    from openkassa.core.organisations import organisation_create
    from openkassa.core.settings import settings
    from openkassa.kassa.outlets.services import outlet_create, outlet_member_add
    from openkassa.kassa.people.services import membership_create, user_create
    from openkassa.kassa.registers.models import Ffd
    from openkassa.kassa.registers.services import pool_create

    names = dict(demo.PEOPLE)
    with transaction.atomic():
        organisation = organisation_create(name=demo.NAME, inn=demo.INN)
        outlet = outlet_create(
            organisation_id=organisation.id,
            name="Интернет-магазин",
            address="190000, г. Санкт-Петербург, Невский пр., д. 1",
            place=demo.SITE,
        )
        pool = pool_create(
            organisation_id=organisation.id,
            outlet_id=outlet.id,
            name="Интернет-магазин, ФФД 1.2",
            ffd=Ffd.V1_2,
            taxation=1,
            sender_email="kassa@romashka.example",
        )
        for number, register in enumerate(demo.REGISTERS, start=1):
            register_with_device(
                settings=settings(),
                organisation_id=organisation.id,
                pool=pool,
                name=f"Касса {number}",
                new=register,
                sandbox=True,
            )
        for user in users:
            if user.role in ("owner", "manager", "cashier"):
                person = user_create(display_name=names[user.role], identifier=user.login, password=user.password)
                membership = membership_create(organisation_id=organisation.id, user_id=person.id, role=user.role)
                outlet_member_add(organisation_id=organisation.id, outlet_id=outlet.id, membership_id=membership.id)
            elif user.role == "staff":
                user_create(
                    display_name=names[user.role],
                    identifier=user.login,
                    password=user.password,
                    staff_role="staff",
                )
        _, access = atol_channel(
            organisation_id=organisation.id, pool=pool, login="demo", name="Магазин на протоколе АТОЛ Онлайн"
        )
        _, key = v1_channel(organisation_id=organisation.id, pool=pool, name="Собственный API")
        faces = {face.name: face.create(organisation.id, pool) for face in demo.DEMO_FACES}
        demo.save_demo(settings(), demo.Demo(atol=access, v1_key=key, users=users, faces=faces))


def write_faces(_users: list[demo.DemoUser]) -> None:
    """Channels of wire faces that the home's demo business was made without."""
    from django.db import transaction

    from openkassa.core.models import Organisation
    from openkassa.core.settings import settings
    from openkassa.core.tenancy import within
    from openkassa.kassa.registers.models import Pool

    made = demo.read_demo(settings())
    organisation = Organisation.objects.get(inn=demo.INN)
    with transaction.atomic():
        with within(organisation.id):
            pool = Pool.objects.order_by("created_at", "id")[:1].get()
        lacking = [face for face in demo.DEMO_FACES if face.name not in made.faces]
        made.faces |= {face.name: face.create(organisation.id, pool) for face in lacking}
        demo.save_demo(settings(), made)


if __name__ == "__main__":
    django.setup()
    given = msgspec.json.decode(sys.stdin.buffer.read() or b"[]", type=list[demo.DemoUser])
    {"ofd": write_ofd, "kassa": write_kassa, "faces": write_faces}[sys.argv[1]](given)
