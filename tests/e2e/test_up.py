"""`kassa up --demo`: what a newcomer gets, and what is left when it ends."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest
from tests.support.platform import PORTS, Platform, running_platform, start

from openkassa.cli.tour import BUYER

pytestmark = pytest.mark.timeout(300)

HEALTH = ("http", "ofd_http", "sandbox")


def descendants(platform: Platform) -> list[psutil.Process]:
    return psutil.Process(platform.process.pid).children(recursive=True)


def workers(platform: Platform) -> list[psutil.Process]:
    found = []
    for process in descendants(platform):
        with contextlib.suppress(psutil.Error):  # it may end while we look
            if process.cmdline()[-1:] == ["worker"]:
                found.append(process)
    return found


def wait_until_ended(processes: list[psutil.Process]) -> None:
    _, left = psutil.wait_procs(processes, timeout=40)
    assert not left


def test_all_parts_are_ready(platform: Platform) -> None:
    for part in HEALTH:
        with urllib.request.urlopen(f"{platform.info[part]}/health/ready", timeout=10) as answer:
            assert json.load(answer)["status"] == "ready"


def test_the_tour_takes_three_receipts_the_whole_way(platform: Platform) -> None:
    assert "The tour ended early" not in platform.output
    assert platform.output.count("confirmed by the operator") == 3


def test_demo_info_keeps_its_contract(platform: Platform) -> None:
    info = platform.info
    assert {"http", "ofd_tcp", "ofd_http", "sandbox", "atol", "v1", "users"} <= info.keys()
    assert info["atol"].keys() == {"v4", "v5", "login", "password", "group", "inn", "payment_address"}
    for version in ("v4", "v5"):
        assert info["atol"][version] == f"{info['http']}/possystem/{version}"
    assert info["v1"]["base"] == f"{info['http']}/api/v1"
    assert info["modulkassa"].keys() == {"base", "login", "password", "retail_point_id"}
    assert info["modulkassa"]["base"] == f"{info['http']}/api/fn"
    assert info["digitalkassa"].keys() == {"base", "actor_id", "actor_token", "c_group"}
    assert info["digitalkassa"]["base"] == f"{info['http']}/v2.1"
    assert {user["role"] for user in info["users"]} == {"owner", "manager", "cashier", "staff", "operator"}
    assert all(user.keys() == {"role", "login", "password", "pin"} for user in info["users"])


def test_no_log_of_any_process_holds_a_secret_or_a_buyers_contact(platform: Platform) -> None:
    info = platform.info
    secrets = [info["v1"]["key"], info["atol"]["password"], *(user["password"] for user in info["users"])]
    secrets += [info["modulkassa"]["password"], info["digitalkassa"]["actor_token"]]
    secrets += [path.read_bytes().hex() for path in (platform.home / "keys").glob("*.key")]
    logs = {path.name: path.read_text() for path in (platform.home / "logs").glob("*.log")}
    assert "worker_started" in logs["worker.log"]
    for name, text in logs.items():
        assert not [secret for secret in secrets if secret in text], name
        assert BUYER not in text, name


def test_demo_credentials_are_private(platform: Platform) -> None:
    assert (platform.home / "demo.json").stat().st_mode & 0o077 == 0


def test_a_second_one_on_the_same_home_says_who_holds_it(platform: Platform) -> None:
    done = platform.kassa("up", "--demo")
    assert done.returncode == 2
    assert f"is in use by kassa up (process {platform.process.pid}, since" in done.stderr


SEALED = """
import time, django
django.setup()
from openkassa.core.ids import uuid7
from openkassa.core.models import Organisation
from openkassa.kassa.ledger import entries, sql
from openkassa.kassa.ledger.services import Cause, entry_post
organisation = Organisation.objects.first().id
entry_post(organisation_id=organisation, entry=entries.released(1, currency="RUB"), key=str(uuid7()),
    cause=Cause("test", uuid7()))
deadline = time.monotonic() + 30
while sql.organisations_unsealed() and time.monotonic() < deadline:
    time.sleep(0.1)
print(sql.last_seal(organisation_id=organisation)[0], sql.organisations_unsealed())
"""


def test_the_worker_seals_the_ledger(platform: Platform) -> None:
    environment = platform.environment | {"DJANGO_SETTINGS_MODULE": "openkassa.projects.kassa.settings"}
    said = subprocess.check_output([sys.executable, "-c", SEALED], env=environment, text=True)
    assert said.split("\n")[-2] == "1 []"


@pytest.mark.parametrize("words", [("demo-info", "--json"), ("doctor",)])
def test_another_terminal_needs_no_ports(platform: Platform, words: tuple[str, ...]) -> None:
    shell = {name: value for name, value in platform.environment.items() if name not in PORTS}
    command = [sys.executable, "-m", "openkassa.cli.main", *words]
    done = subprocess.run(command, env=shell, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    if words[0] == "demo-info":
        assert json.loads(done.stdout) == platform.info
    else:
        assert "processes: 9 are ready" in done.stdout


def test_a_killed_part_is_started_again(platform: Platform) -> None:
    (worker,) = workers(platform)
    worker.kill()
    deadline = time.monotonic() + 30
    while workers(platform) in ([], [worker]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "worker was ended by SIGKILL, starts again" in platform.output


def test_a_killed_database_is_started_again_and_keeps_what_was_sold(platform: Platform) -> None:
    sold = sell(platform, "before")
    next(process for process in descendants(platform) if process.name() == "postgres").kill()
    sold_then = sell(platform, "after")
    assert sell(platform, "before") == sold
    assert sold != sold_then
    deadline = time.monotonic() + 60
    while any(state(platform, receipt) != "confirmed" for receipt in (sold, sold_then)):
        assert time.monotonic() < deadline, "not confirmed"
        time.sleep(0.2)
    assert platform.process.poll() is None
    assert "postgres was ended by SIGKILL, starts again" in platform.output


def sell(platform: Platform, external_id: str) -> str:
    """A sale by v1, asked again until it is answered; its id."""
    body = {
        "external_id": external_id,
        "operation": "sale",
        "taxation": "general",
        "items": [{"name": "Хлеб", "price": 6450, "quantity": "1", "vat": "10"}],
        "payments": {"cash": 6450},
    }
    deadline = time.monotonic() + 60
    while True:
        try:
            return ask(platform, "/receipts", json.dumps(body).encode())["id"]
        except (OSError, http.client.HTTPException):
            assert time.monotonic() < deadline, "no answer"
            time.sleep(0.2)


def state(platform: Platform, receipt: str) -> str:
    return ask(platform, f"/receipts/{receipt}")["state"]


def ask(platform: Platform, path: str, body: bytes | None = None) -> dict:
    headers = {"Authorization": f"Bearer {platform.info['v1']['key']}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{platform.info['v1']['base']}{path}", body, headers)
    with urllib.request.urlopen(request, timeout=15) as answer:
        return json.load(answer)


@pytest.mark.slow
@pytest.mark.timeout(900)  # three starts, each of which may take four minutes
def test_a_second_up_goes_on_with_the_same_data_and_a_killed_one_leaves_nothing() -> None:
    with running_platform() as first:
        everything = descendants(first)
        assert len(everything) > 10
        first.process.send_signal(signal.SIGINT)
        first.process.wait(120)
        wait_until_ended(everything)
        assert first.output.rstrip().endswith("Stopped.")

        with start(first.environment) as second:
            again = json.loads(first.kassa("demo-info", "--json").stdout)
            assert again == first.info
            everything = psutil.Process(second.pid).children(recursive=True)
            os.kill(second.pid, signal.SIGKILL)
            second.wait()
            wait_until_ended(everything)

        with start(first.environment) as third:  # what the killed one left does not stand in its way
            assert third.poll() is None
