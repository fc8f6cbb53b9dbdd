"""Each screen at three sizes, light and dark: nothing overflows, nothing is refused by the CSP, axe finds no serious
fault. With `OPENKASSA_SCREENS=docs/screens` in the environment the pictures are written there, in Russian and Kyrgyz.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.test import Client
from tests.browser.scene import Scene, make_scene
from tests.browser.visitor import SIZES, visitor

from openkassa.kassa.people.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def screens(scene: Scene) -> dict[str, str]:
    """Addresses by the name of the picture; those with «public» are seen without signing in."""
    return {
        "public-landing": "/",
        "public-sign-in": "/login",
        "public-receipt": scene.public,
        "public-not-found": "/no/such/page",
        "receipts": "/receipts",
        "receipts-nothing-matches": "/receipts?q=order-9999",
        "receipt-confirmed": f"/receipts/{scene.confirmed}",
        "receipt-in-doubt": f"/receipts/{scene.doubtful}",
        "receipt-refused": f"/receipts/{scene.refused}",
        "refund": f"/receipts/{scene.confirmed}/refund",
        "correction": f"/receipts/{scene.confirmed}/correction",
        "prepayments": "/prepayments",
        "registers": "/registers",
        "register": f"/registers/{scene.register}",
        "register-in-trouble": f"/registers/{scene.troubled}",
        "register-lost": f"/registers/{scene.troubled}/lost",
        "receipt-doubt": f"/receipts/{scene.decidable}/doubt",
        "register-storage": f"/registers/{scene.register}/storage",
        "connect": "/connect",
        "channel": f"/connect/{scene.channel}",
        "channel-new": "/connect/new",
        "check-request": "/connect/check",
        "profile": "/profile",
        "components": "/ui/",
    }


def session_of(owner: User) -> str:
    client = Client()
    client.force_login(owner)
    return client.cookies["kassa_session"].value


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_screen_is_whole_at_every_size(confirmed_world, live_server, browser):
    scene = make_scene(confirmed_world)
    folder = os.environ.get("OPENKASSA_SCREENS")
    only = os.environ.get("OPENKASSA_SCREENS_ONLY", "")
    session = session_of(scene.shop.owner)
    found: list[str] = []
    for language in ("ru", "ky") if folder else ("ru",):
        for theme in ("light", "dark"):
            for size_name, size in SIZES.items():
                seen = visitor(browser, live_server.url, size=size, theme=theme, language=language, session=session)
                for name, address in screens(scene).items():
                    if only and only not in f"{name}-{size_name}-{theme}-{language}":
                        continue
                    where = f"{name} {size_name} {theme} {language}"
                    if name.startswith("public"):
                        seen.context.clear_cookies(name="kassa_session")
                    else:
                        seen.context.add_cookies([{"name": "kassa_session", "value": session, "url": live_server.url}])
                    seen.complaints.clear()
                    seen.open(address)
                    if seen.overflow() > 0:
                        found.append(f"{where}: {seen.overflow()} px too wide")
                    if seen.hidden_columns() > 0:
                        found.append(f"{where}: {seen.hidden_columns()} px of a table are out of sight")
                    found += [f"{where}: {line}" for line in seen.complaints if "404 (Not Found)" not in line]
                    if language == "ru" and size_name != "tablet":
                        found += [f"{where}: {line}" for line in seen.faults()]
                    if folder and (name, language) != ("components", "ky"):  # its texts are not translated
                        seen.picture(Path(folder) / f"{name}-{size_name}-{theme}-{language}.webp")
                    if "OPENKASSA_LOOK" in os.environ:
                        target = Path(os.environ["OPENKASSA_LOOK"]) / f"{name}-{size_name}-{theme}-{language}.png"
                        seen.page.screenshot(path=target, full_page=True)
                seen.context.close()
    assert not found, "\n".join(found)
