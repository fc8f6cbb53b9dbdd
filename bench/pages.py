"""`python -m bench.pages kassa ORGANISATION` or `ofd`: how long lists and searches take, as JSON: name → milliseconds.

The application's own handler is called in this process, as by a browser that is signed in: the time is the server's,
rendering included, the best of `ROUNDS` after one that is not counted.
"""

from __future__ import annotations

import json
import sys
import time
import uuid

import django

django.setup()

from django.conf import settings as django_settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

ROUNDS = 3


def kassa(organisation: str) -> tuple[Client, dict[str, str]]:
    from openkassa.core.tenancy import within
    from openkassa.kassa.people.models import Membership
    from openkassa.kassa.people.services import user_create

    organisation_id = uuid.UUID(organisation)
    owner = user_create(display_name="Bench", identifier=f"{uuid.uuid4().hex}@example.com", password=uuid.uuid4().hex)
    with within(organisation_id):
        Membership.objects.create(user_id=owner.id, organisation_id=organisation_id, role="owner")
    receipt, total, number, at = _row(
        "SELECT r.id, r.total, s.fd, r.accepted_at FROM kassa_receipts_receipt r"
        " JOIN kassa_receipts_receiptstate s ON s.receipt_id = r.id"
        " WHERE r.organisation_id = %s AND s.fn LIKE '99995%%'"
        " ORDER BY r.id OFFSET 1000 LIMIT 1",
        organisation_id,
    )
    (register,) = _row(
        "SELECT id FROM kassa_registers_cashregister WHERE organisation_id = %s LIMIT 1", organisation_id
    )
    return _signed_in(owner), {
        "list": "/receipts",
        "list, far page": f"/receipts?after={receipt}",
        "list, a day": f"/receipts?since={at:%Y-%m-%d}&until={at:%Y-%m-%d}",
        "list, confirmed": "/receipts?state=confirmed",
        "list, fiscalised only": "/receipts?state=fiscalised",
        "list, waiting": "/receipts?state=accepted",
        "list, refused": "/receipts?state=refused",
        "list, refunds": "/receipts?kind=2",
        "search, exact sum": f"/receipts?q={total // 100},{total % 100:02}",
        "search, no such sum": "/receipts?q=99999999,99",
        "search, shop's number": "/receipts?q=fill-1000",
        "search, document number": f"/receipts?q={number}",
        "receipt": f"/receipts/{receipt}",
        "registers": "/registers",
        "register": f"/registers/{register}",
    }


def ofd() -> tuple[Client, dict[str, str]]:
    person = get_user_model()(display_name="Bench", is_operator=True)
    person.set_unusable_password()
    person.save()
    (known,) = _row("SELECT fn FROM ofd_archive_register LIMIT 1")
    fn, fd, inn = _row("SELECT fn, fd, inn FROM ofd_archive_document WHERE fn LIKE '99995%%' LIMIT 1")
    return _signed_in(person), {
        "registers": "/registers",
        "register": f"/registers/{known}",
        "archive": "/archive",
        "archive of an organisation": f"/archive?q={inn}",
        "archive, faulty": "/archive?faulty=1",
        "archive of a storage": f"/archive?q={fn}",
        "document": f"/archive/{fn}/{fd}",
    }


def _row(query: str, *values: object) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone()


def _signed_in(person) -> Client:
    client = Client(HTTP_HOST=django_settings.ALLOWED_HOSTS[0].lstrip("."))
    client.force_login(person, backend=django_settings.AUTHENTICATION_BACKENDS[0])
    return client


def main() -> None:
    client, pages = kassa(sys.argv[2]) if sys.argv[1] == "kassa" else ofd()
    found = {}
    for name, address in pages.items():
        times = []
        for _ in range(ROUNDS + 1):
            started = time.perf_counter()
            answer = client.get(address)
            times.append((time.perf_counter() - started) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{address} answers {answer.status_code}")
        found[name] = round(min(times[1:]), 1)
    print(json.dumps(found))


main()
