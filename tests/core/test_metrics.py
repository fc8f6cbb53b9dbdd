"""What the processes tell Prometheus, and that the alert rules and the page about it name nothing else."""

from __future__ import annotations

import datetime as dt
import re
import urllib.request
from pathlib import Path

import psycopg
import pytest
import yaml
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.kassa_worlds import superuser, world  # noqa: F401
from tests.support.platform import Platform
from tests.support.world import World, wait_for

from openkassa.core.clock import now
from openkassa.core.metrics import accept_observed
from openkassa.core.notifications import notification_enqueue

ROOT = Path(__file__).parents[2]
RULES = ROOT / "ops" / "alerts" / "openkassa.yml"
PAGE = ROOT / "docs" / "reference" / "metrics.md"
MAKERS = (
    "openkassa.core.metrics",
    "openkassa.kassa.fiscalisation.metrics",
    "openkassa.events.hub",
    "openkassa.ofd.exchange.metrics",
)
OWN = re.compile(r"\b(?:kassa|ofd)_[a-z0-9_]+\b")
BY_PROMETHEUS = {"up"}
WORDS = {"max", "min", "sum", "by", "rate", "time", "histogram_quantile", "register", "serial", "face", "le"}
WORDS |= {"channel", "instance"}


def samples() -> dict[tuple, float]:
    """(name, labels) → value of everything that this process tells."""
    families = text_string_to_metric_families(generate_latest(REGISTRY).decode())
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith("kassa_")
    }


def refreshed(days: float = 0, minutes: float = 0) -> dict[str, float]:
    """Gauges so much later, by name; of registers there is one."""
    from openkassa.kassa.fiscalisation.metrics import Gauges

    gauges = Gauges()
    gauges.refresh(now() + dt.timedelta(days=days, minutes=minutes))
    return {sample.name: sample.value for family in gauges.collect() for sample in family.samples}


def test_queues_are_told_as_they_are(world: World) -> None:  # noqa: F811
    device = world.add_register()
    still = refreshed()
    assert still["kassa_queue_age_seconds"] == still["kassa_pool_waiting_receipts"] == 0
    assert still["kassa_undelivered_documents"] == 1, "the report of registration"
    world.sell("order-1")
    world.sell("order-2")
    waiting = refreshed(minutes=6)
    assert 360 <= waiting["kassa_queue_age_seconds"] < 400
    assert waiting["kassa_pool_waiting_receipts"] == 2
    world.drain(device)
    done = refreshed(days=2)
    assert done["kassa_queue_age_seconds"] == done["kassa_pool_waiting_receipts"] == 0
    assert done["kassa_undelivered_documents"] == 4
    assert 2 * 86400 <= done["kassa_undelivered_age_seconds"] < 2 * 86400 + 100
    assert done["kassa_register_in_trouble"] == 0
    assert 300 < done["kassa_fn_days_left"] < 1200
    assert done["kassa_fn_documents_left"] > 10_000
    assert done["kassa_disk_free_bytes"] > 0


def test_doubt_and_trouble_are_told(world: World) -> None:  # noqa: F811
    device = world.add_register()
    world.sell("order-0")
    world.drain(device)
    world.sell("order-1")
    device.fault("lose_answer", times=1)
    world.turn(device)
    device.kill()
    told = refreshed(minutes=6)
    assert told["kassa_receipts_in_doubt"] == 1
    assert told["kassa_register_in_trouble"] == 1
    assert told["kassa_queue_age_seconds"] >= 360, "what is in doubt waits too"


def test_streams_are_told(world: World, superuser: psycopg.Connection) -> None:  # noqa: F811
    receipt = world.sell("order-1")
    at = now()
    superuser.execute(
        "INSERT INTO kassa_receipts_callback (id, organisation_id, receipt_id, event, url, state, attempts, next_at,"
        " give_up_at, created_at)"
        " VALUES (gen_random_uuid(), %s, %s, 'fiscalised', 'http://x', 'waiting', 1, %s, %s, %s)",
        [world.organisation_id, receipt.receipt_id, at, at, at],
    )
    notification_enqueue(
        organisation_id=world.organisation_id,
        key="copy:1:sms",
        channel="sms",
        recipient="+79991234567",
        template="receipt_copy",
        context={},
        language="ru",
        at=at,
    )
    told = refreshed(minutes=61)
    assert told["kassa_callbacks_waiting"] == 1
    assert told["kassa_callback_age_seconds"] >= 3660
    assert told["kassa_notifications_waiting"] == 1
    assert told["kassa_notification_age_seconds"] >= 3660


def test_registers_of_one_number_in_two_organisations_are_two(world: World) -> None:  # noqa: F811
    """A label set twice would make the whole scrape unreadable."""
    from tests.support.world import make_world

    from openkassa.kassa.fiscalisation.metrics import Gauges
    from openkassa.kassa.registers.services import register_create

    other = make_world(name="ООО «Второе»")
    for one in (world, other):
        register_create(
            organisation_id=one.organisation_id, pool_id=one.pool.id, name="Касса", serial="00000000000001",
            fn="9999000000000001", endpoint="127.0.0.1:1", sequence=1,
        )  # fmt: skip
    gauges = Gauges()
    gauges.refresh(now())
    seen = [tuple(sample.labels.items()) for family in gauges.collect() if family.name == "kassa_queue_age_seconds"
            for sample in family.samples]  # fmt: skip
    assert len(seen) == len(set(seen)) == 2


def test_accepting_is_timed_and_its_outcomes_counted() -> None:
    @accept_observed("test", KeyError)
    def view(outcome: type[Exception] | None) -> str:
        if outcome is not None:
            raise outcome
        return "answer"

    assert view(None) == "answer"
    with pytest.raises(KeyError):
        view(KeyError)
    with pytest.raises(ValueError):
        view(ValueError)
    told = samples()
    for outcome in ("accepted", "refused", "failed"):
        assert told["kassa_accept_total", *sorted(["test", outcome])] == 1
    assert told["kassa_accept_seconds_count", "test"] == 3


def metrics_told() -> set[str]:
    """Names of all samples that the processes of the platform can tell."""
    import importlib

    from openkassa.device import health
    from openkassa.kassa.fiscalisation.metrics import Gauges

    for maker in MAKERS:
        importlib.import_module(maker)
    accept_observed("test")
    gauges = Gauges()
    gauges.refresh(now())
    names = {"kassa_device_register_broken", *health._GAUGES}
    for family in [*gauges.collect(), *REGISTRY.collect()]:
        ends = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(family.type, [""])
        names |= {family.name + end for end in ends}
    return names


@pytest.mark.django_db
def test_alert_rules_name_metrics_that_exist() -> None:
    told = metrics_told()
    alerts = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in alerts}) == len(alerts) > 15
    for rule in alerts:
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"].keys() == {"summary", "description"}
        expression = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"", "", rule["expr"])
        named = set(re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*", expression)) - WORDS
        assert named, rule["alert"]
        assert named <= told | BY_PROMETHEUS, rule["alert"]


@pytest.mark.django_db
def test_the_page_names_each_metric_and_no_other() -> None:
    named = set(re.findall(r"^\| `([a-z0-9_]+)` ", PAGE.read_text(), re.MULTILINE))
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in metrics_told() if OWN.fullmatch(name)}
    assert named == families | {"kassa_http_request_seconds"}


@pytest.mark.xdist_group("platform")
@pytest.mark.timeout(300)
def test_running_processes_tell_them(platform: Platform) -> None:
    def scraped(address: str) -> str:
        with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:
            return answer.read().decode()

    def port(name: str) -> str:
        return f"http://127.0.0.1:{(platform.home / 'ports' / name).read_text()}"

    assert 'kassa_accept_total{face="' in scraped(platform.info["http"])
    told = wait_for(lambda: text if "kassa_queue_age_seconds{" in (text := scraped(port("worker_http"))) else None)
    for name in ("kassa_receipts_in_doubt{", "kassa_undelivered_age_seconds{", "kassa_callback_age_seconds "):
        assert name in told
    made = re.search(r"^kassa_receipts_fiscalised_total (\S+)$", told, re.MULTILINE)
    assert made is not None  # how many is not told: another test may have made the worker start anew
    assert "ofd_database_failures_total 0.0" in scraped(port("ofd_exchange_http"))
