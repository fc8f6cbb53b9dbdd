"""The sandbox's marking service over HTTP: hosts, health, codes, faults, its page."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from tests.fiscal.test_marking import MILK, SHOES
from tests.sandbox.running import Running, running_sandbox

API = "/api/v4/true-api"
KEY = {"X-API-KEY": "key"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory) -> Iterator[Running]:
    with running_sandbox(tmp_path_factory.mktemp("home")) as process:
        yield process


@pytest.fixture
def http(sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, timeout=10, trust_env=False) as client:
        yield client
        for path in ("marking/codes", "faults"):
            client.delete(f"/api/{path}").raise_for_status()


@pytest.fixture
def service(sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{sandbox.marking_port}", timeout=10, trust_env=False) as client:
        yield client


def check(service, *codes, headers=KEY, host=""):
    return service.post(f"{host}{API}/codes/check", json={"codes": list(codes)}, headers=headers)


def test_hosts_are_listed_and_say_how_quick_they_are(service):
    hosts = [one["host"] for one in service.get(f"{API}/cdn/info", headers=KEY).json()["hosts"]]
    assert len(hosts) == 3 and hosts[0] == str(service.base_url)
    times = [httpx.get(f"{host}{API}/cdn/health/check", headers=KEY).json()["avgTimeMs"] for host in hosts]
    assert times == sorted(times) and len(set(times)) == 3
    assert service.get(f"{API}/cdn/info").status_code == 401
    assert service.get("/other").status_code == 404


@pytest.mark.parametrize(
    ("state", "differs"),
    [
        ("in_circulation", {}),
        ("emitted", {"utilised": False, "realizable": False}),
        ("not_verified", {"verified": False}),
        ("sold", {"sold": True, "realizable": False}),
        ("blocked", {"isBlocked": True}),
        ("gray_zone", {"grayZone": True, "realizable": False}),
        ("expired", {"expireDate": "2020-01-01T00:00:00.000Z"}),
    ],
)
def test_each_state_of_a_code_is_answered(http, service, state, differs):
    http.put("/api/marking/codes", json={"code": SHOES, "state": state}).raise_for_status()
    answer = check(service, SHOES).json()
    assert answer["code"] == 0 and answer["reqId"] and answer["reqTimestamp"] > 10**12
    [code] = answer["codes"]
    good = {"cis": SHOES, "valid": True, "found": True, "verified": True, "utilised": True, "realizable": True,
            "sold": False, "isBlocked": False, "grayZone": False}  # fmt: skip
    assert {name: code[name] for name in {**good, **differs}} == {**good, **differs}


def test_unknown_codes_are_not_found_and_no_codes_are_invalid(http, service):
    unknown, nonsense = check(service, MILK, "test_mark_code").json()["codes"]
    assert (unknown["found"], unknown["valid"]) == (False, True)
    assert (nonsense["found"], nonsense["valid"]) == (False, False)
    asked = http.get("/api/marking/codes").json()["questions"]
    assert [(one["codes"], one["key"], one["status"]) for one in asked] == [(2, "key", 200)]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"codes": []}', b'{"codes": [1]}', b'{"codes": "x"}'])
def test_what_is_no_question_is_refused(service, body):
    assert service.post(f"{API}/codes/check", content=body, headers=KEY).status_code == 400
    assert check(service, *(["x"] * 101)).status_code == 400
    assert check(service, MILK, headers={}).status_code == 401


def test_faults_act_on_the_service(http, service):
    http.post("/faults", json={"name": "marking.refuse", "value": 503, "times": 1}).raise_for_status()
    assert [check(service, MILK, host=host).status_code for host in ("", "/cdn02")] == [503, 200]
    http.post("/faults", json={"name": "marking.garbage", "times": 1}).raise_for_status()
    assert b"<html>" in check(service, MILK).content
    http.post("/faults", json={"name": "marking.info_refuse", "value": 500, "times": 1}).raise_for_status()
    assert service.get(f"{API}/cdn/info", headers=KEY).status_code == 500
    http.post("/faults", json={"name": "marking.delay", "value": 0.3, "times": 1}).raise_for_status()
    with pytest.raises(httpx.ReadTimeout):
        service.post(f"{API}/codes/check", json={"codes": [MILK]}, headers=KEY, timeout=0.1)


def test_the_page_shows_codes_and_changes_their_state(http, service):
    assert http.post("/marking", data={"code": SHOES, "state": "blocked"}, follow_redirects=True).status_code == 200
    page = http.get("/marking", params={"lang": "ru"}).text
    assert "заблокирован" in page and "0104600439931256215Oqvgqwhcf6xN␝91EE06" in page
    assert check(service, SHOES).json()["codes"][0]["isBlocked"] is True
    wrong = http.post("/marking", data={"code": "кирилл", "state": "sold"})
    assert wrong.status_code == 422 and "раскладке" in wrong.text
    assert http.put("/api/marking/codes", json={"code": SHOES, "state": "lost"}).status_code == 400
