"""`kassa trace`: the life of a receipt from every place that has seen it, without secrets and contacts."""

from __future__ import annotations

import json
import uuid

from tests.cli.conftest import Kassa
from tests.support.world import World, sale

from openkassa.kassa.receipts.callbacks import callbacks_deliver
from openkassa.kassa.receipts.services import receipt_accept


def sold(world: World) -> uuid.UUID:
    return receipt_accept(
        channel=world.channel,
        draft=sale(),
        external_id="order-1",
        body=b"{}",
        callback_url="https://user:canary-secret@shop.invalid/done?token=canary-token",
        email="canary.person@example.com",
        phone="+79991234567",
    ).receipt_id


def steps(kassa: Kassa, receipt_id: uuid.UUID) -> list[dict[str, str]]:
    done = kassa("trace", "--json", str(receipt_id))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_whole_way_is_told_in_order(confirmed_world: World, kassa: Kassa) -> None:
    receipt_id = sold(confirmed_world)
    device = confirmed_world.add_register()
    confirmed_world.drain(device)
    confirmed_world.confirm()
    callbacks_deliver(organisation_id=confirmed_world.organisation_id)
    told = steps(kassa, receipt_id)
    who = [step["who"] for step in told]
    assert who[0] == "channel"
    assert {"receipt", "attempt", "device", "operator", "callback", "copy"} <= set(who)
    assert [step["at"] for step in told] == sorted(step["at"] for step in told)
    text = "\n".join(step["what"] for step in told)
    for part in ("external_id order-1", "total 10000 kopecks", "made ФД 3, ФПД ", "answered code 0", "confirmed"):
        assert part in text
    assert "fiscalised to https://shop.invalid/done: waiting" in text
    for canary in ("canary-secret", "canary-token", "canary.person", "9991234567"):
        assert canary not in text

    device.kill()
    done = kassa("trace", str(receipt_id))
    assert done.returncode == 0, done.stderr
    assert f"{device.serial} can't be asked" in done.stdout
    assert "canary" not in done.stdout + done.stderr


def test_one_that_still_waits_is_told_too(world: World, kassa: Kassa) -> None:
    receipt_id = sold(world)
    told = steps(kassa, receipt_id)
    assert [step["who"] for step in told] == ["channel", "receipt"]


def test_an_unknown_receipt_is_said_in_one_line(world: World, kassa: Kassa) -> None:
    done = kassa("trace", str(uuid.uuid4()))
    assert done.returncode == 1
    assert "There is no receipt" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_database_the_password_is_not_told(kassa: Kassa) -> None:
    nobody = "postgresql://kassa_app:canary-password@127.0.0.1:1/kassa"
    for words in (["trace", str(uuid.uuid4())], ["retention"]):
        done = kassa(*words, KASSA_DATABASE_URL=nobody, KASSA_DATABASE_OWNER_URL=nobody)
        assert done.returncode == 1, words
        assert "the database can't be reached" in done.stderr, words
        assert "Traceback" not in done.stderr
        assert "canary-password" not in done.stdout + done.stderr
