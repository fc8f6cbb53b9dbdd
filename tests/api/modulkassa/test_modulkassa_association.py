"""A shop gets its pair with the password of a person, and gives it back."""

from __future__ import annotations

import re

import pytest
from tests.api.http import call
from tests.api.modulkassa import calls
from tests.api.modulkassa.calls import BASE, CABINET_PASSWORD, basic

pytestmark = pytest.mark.django_db
OWNER = "owner@shop.example"


@pytest.fixture
def till(shop):
    made = calls.connect(shop)
    calls.person(shop.organisation_id, "owner", OWNER)
    return made


def associate(point: str, login: str = OWNER, password: str = CABINET_PASSWORD, query: str = ""):
    return call("POST", f"{BASE}/v1/associate/{point}{query}", b"", basic(login, password))


def works(pair: dict) -> bool:
    from openkassa.kassa.receipts.channels import forget_channels

    forget_channels()
    status = call("GET", f"{BASE}/v1/status", headers=basic(pair["userName"], pair["password"])).status
    assert status in (200, 401)
    return status == 200


def test_an_owner_gets_a_pair_that_opens_the_point(till):
    answer = associate(till.point, query="?clientId=shop-1")
    assert answer.status == 200, answer.body
    pair = answer.json
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", pair["userName"])
    assert len(pair["password"]) == 22
    assert (pair["name"], pair["address"], pair["operating_mode"]) == ("Точка", "Москва, ул. Ленина, 1", None)
    made = call("POST", f"{BASE}/v2/doc", calls.document(), basic(pair["userName"], pair["password"]))
    assert (made.status, made.json["status"]) == (200, "QUEUED")


def test_associating_again_leaves_the_old_pairs_and_says_so(till):
    first, second = associate(till.point).json, associate(till.point).json
    assert first["userName"] != second["userName"]
    assert "Прежние пары действуют (2)" in second["message"]
    assert works(first) and works(second)


def test_a_point_has_at_most_so_many_pairs(till, monkeypatch):
    from openkassa.kassa.receipts import pairs

    monkeypatch.setattr(pairs, "PAIRS", 3)
    made = [associate(till.point).json for _ in range(4)]
    assert [works(pair) for pair in made] == [False, True, True, True]
    assert "Отозвано давно не использованных: 1" in made[-1]["message"]


def test_a_pair_gives_itself_back(till):
    first, second = associate(till.point).json, associate(till.point).json
    headers = basic(first["userName"], first["password"])
    assert call("DELETE", f"{BASE}/v1/associate/of-another", headers=headers).status == 404
    assert call("DELETE", f"{BASE}/v1/associate/{till.point}", headers=headers).status == 200
    assert (works(first), works(second)) == (False, True)
    assert call("DELETE", f"{BASE}/associate", headers=basic(second["userName"], second["password"])).status == 200
    assert not works(second)


def test_a_person_gives_all_pairs_back(till):
    pairs = [associate(till.point).json for _ in range(2)]
    assert call("DELETE", f"{BASE}/v1/associate/{till.point}", headers=basic(OWNER, CABINET_PASSWORD)).status == 200
    assert not any(works(pair) for pair in pairs)


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("manager", 200), ("cashier", 403)])
def test_who_may(shop, role, status):
    till = calls.connect(shop)
    calls.person(shop.organisation_id, role, "somebody@shop.example")
    assert associate(till.point, "somebody@shop.example").status == status


def test_another_organisations_point_is_unknown(till, other_shop):
    calls.person(other_shop.organisation_id, "owner", "owner@other.example")
    foreign = associate(till.point, "owner@other.example")
    unknown = associate("no-such-point", "owner@other.example")
    assert (foreign.status, foreign.json) == (unknown.status, unknown.json) == (404, foreign.json)
    theirs = calls.connect(other_shop)
    assert call("DELETE", f"{BASE}/v1/associate/{theirs.point}", headers=basic(till.login, till.password)).status == 404


def test_a_switched_off_channel_gives_no_pairs(till):
    from openkassa.kassa.receipts.channels import channel_change

    channel_change(
        organisation_id=till.organisation_id, channel_id=till.channel_id, name="Точка", callback_url="",
        expire_after=None, is_active=False,
    )  # fmt: skip
    assert associate(till.point).status == 403
    assert calls.post(till, calls.document()).status == 403
    assert calls.ask(till, "GET", "/v1/status").json["status"] == "DISABLED"


@pytest.mark.parametrize(
    ("login", "password"),
    [(OWNER, "wrong"), ("nobody@shop.example", CABINET_PASSWORD), ("neither phone nor mail", "x"), ("", ""),
     (OWNER, "x" * 300), ("x" * 300, "x")],
)  # fmt: skip
def test_wrong_pairs_are_401(till, login, password):
    answer = associate(till.point, login, password)
    assert (answer.status, answer.headers["WWW-Authenticate"][:5]) == (401, "Basic")


@pytest.mark.parametrize("header", ["", "Basic", "Basic !", "Bearer x", "Basic " + "eA==" * 500, "Basic eA=="])
def test_headers_that_are_no_pair(till, header):
    for method, path in (("POST", f"/v1/associate/{till.point}"), ("GET", "/v1/status"), ("DELETE", "/associate")):
        assert call(method, BASE + path, headers={"Authorization": header}).status == 401


def test_guessing_is_slowed_down_as_on_the_page(till):
    answers = [associate(till.point, password="wrong") for _ in range(11)]
    assert [answer.status for answer in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert associate(till.point).status == 429
