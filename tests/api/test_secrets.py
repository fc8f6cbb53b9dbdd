"""Machine secrets and buyers' contacts appear in no answer and no log."""

from __future__ import annotations

import io
import logging
import re

import pytest
from tests.api.atol import calls as atol
from tests.api.http import call
from tests.api.shops import PASSWORD
from tests.api.v1 import calls as v1

CONTACT = "canary.buyer@example.ru"


@pytest.fixture
def logged(monkeypatch):
    """Everything that the process logs, as production writes it."""
    import structlog

    from openkassa.core import logs

    before = structlog.get_config()
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logs.configure("test", logging.DEBUG)
    yield stream
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def test_no_secret_in_answers_and_logs(shop, other_shop, logged, monkeypatch):
    from openkassa.api import mapped

    token = atol.token(shop)
    answers = [
        call("POST", "/v4/getToken", {"login": shop.login, "pass": PASSWORD + "x"}),
        call("GET", f"/v4/getToken?login={shop.login}&pass={PASSWORD}y"),
        atol.post(shop, "sell", atol.sell(client={"email": CONTACT}), by=token),
        atol.post(shop, "sell", atol.sell(client={"email": CONTACT}, total=5), by=token),
        atol.post(shop, "sell", atol.sell(client={"email": CONTACT}, items=[atol.item(name="Чай")]), by=token),
        v1.send(shop, "POST", "/receipts", v1.sale(buyer={"email": CONTACT})),
        v1.send(shop, "POST", "/receipts", v1.sale("b", buyer={"email": CONTACT}, total=5)),
        call("GET", "/api/v1/receipts", headers={"Authorization": "Bearer canary-key-wrong"}),
    ]

    def fail(**_):
        raise RuntimeError("made by the test")

    monkeypatch.setattr(mapped, "receipt_accept", fail)
    answers.append(atol.post(shop, "sell", atol.sell("c", client={"email": CONTACT}), by=token))
    assert "atol_request_failed" in logged.getvalue()
    assert "receipt_key_conflict" in logged.getvalue()
    for secret in (PASSWORD, token, shop.v1_key, "canary-key", CONTACT):
        assert secret not in logged.getvalue(), secret
        assert not [answer for answer in answers if secret.encode() in answer.body], secret


def test_control_without_the_masks_both_are_found(logged, monkeypatch):
    import structlog

    from openkassa.core import logs

    def said() -> str:
        structlog.get_logger().warning("canaries", text=f"sent to {CONTACT}", token=PASSWORD)
        return logged.getvalue()

    text = said()
    assert "canaries" in text
    assert CONTACT not in text
    assert PASSWORD not in text
    monkeypatch.setattr(logs, "mask", lambda text: text)
    monkeypatch.setattr(logs, "SECRET_KEYS", re.compile(r"(?!)"))
    text = said()
    assert CONTACT in text
    assert PASSWORD in text
