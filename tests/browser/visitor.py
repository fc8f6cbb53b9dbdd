"""A person with a browser: opens pages, and notices everything that the browser complains about."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
PHONE, TABLET, DESKTOP = (360, 800), (820, 1180), (1440, 900)
SIZES = {"phone": PHONE, "tablet": TABLET, "desktop": DESKTOP}
SERIOUS = ("serious", "critical")


@dataclass
class Visitor:
    context: BrowserContext
    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        self.page.goto(self.base + address)
        self.page.wait_for_load_state("load")

    def faults(self) -> list[str]:
        """Serious faults that axe finds on the page as it is shown, one line each."""
        # The style sheet of the page forbids scripts in it, so axe is evaluated, not inserted.
        self.page.evaluate(AXE.read_text())
        result = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
            for violation in result["violations"]
            if violation["impact"] in SERIOUS
            for node in violation["nodes"]
        ]

    def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def hidden_columns(self) -> int:
        """Pixels of tables that one would have to scroll sideways to."""
        return self.page.evaluate(
            "Math.max(0, ...[...document.querySelectorAll('.ui-table-wrap')].map((t) => t.scrollWidth - t.clientWidth))"
        )

    def picture(self, file: Path) -> None:
        """The window as a WebP picture, small enough to be committed."""
        session = self.context.new_cdp_session(self.page)
        shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": 40, "optimizeForSpeed": False})
        session.detach()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(shot["data"]))


def visitor(
    browser: Browser, base: str, *, size=DESKTOP, theme: str = "light", language: str = "ru", session: str = ""
) -> Visitor:
    """A fresh browser of a reader with these wishes; `session` is the key of somebody who has signed in."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce", locale=language
    )
    cookies = [{"name": "kassa_language", "value": language, "url": base}]
    if session:
        cookies.append({"name": "kassa_session", "value": session, "url": base})
    context.add_cookies(cookies)
    page = context.new_page()
    made = Visitor(context, page, base)
    page.on("console", lambda message: made.complaints.append(message.text) if _is_complaint(message) else None)
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    page.on("requestfailed", lambda request: made.complaints.append(request.url) if _has_failed(request) else None)
    return made


# A list asks anew while its last question is still open, and drops that one: no fault.
_DROPPED = ("htmx:afterRequest", "htmx:sendAbort")


# The events process does not run beside the live server of these tests: pages are to do without it.
_EVENTS = "/events/receipts/"


def _is_complaint(message: ConsoleMessage) -> bool:
    elsewhere = _EVENTS in message.location.get("url", "")
    return message.type == "error" and not message.text.startswith(_DROPPED) and not elsewhere


def _has_failed(request: Request) -> bool:
    return request.failure != "net::ERR_ABORTED" and _EVENTS not in request.url
