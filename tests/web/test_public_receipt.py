"""The buyer's page: opened by its address alone, it says whether the operator has the document."""

from __future__ import annotations

import struct

import pytest
from tests.support.world import wait_for
from tests.web.test_pages import assert_page

from openkassa.fiscal.draft import Buyer


def address(sold) -> str:
    from openkassa.kassa.receipts.links import receipt_token

    return f"/r/{sold.receipt_id}/{receipt_token(sold.receipt_id)}"


def test_a_wrong_token_and_an_unknown_receipt_are_answered_alike(shop, client):
    sold = shop.world.sell("order-1")
    assert client.get(f"/r/{sold.receipt_id}/{'0' * 20}").status_code == 404
    assert client.get(f"/r/{'0' * 8}-0000-7000-8000-{'0' * 12}/{'0' * 20}").status_code == 404


def test_a_waiting_receipt_says_so_and_has_no_pdf(shop, client):
    sold = shop.world.sell("order-1", buyer=Buyer(contact="buyer@example.com", name="Асан Иванов"))
    html = assert_page(client.get(address(sold)))
    assert "receipt-changed" in html and "/events/receipts/" in html
    assert "buyer@example.com" not in html and "Асан" not in html  # the address may be passed on
    assert client.get(address(sold) + "/pdf").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_page_follows_the_document_to_the_operator(confirmed_world, client):
    device = confirmed_world.add_register()
    sold = confirmed_world.sell("order-1")
    confirmed_world.turn(device)
    html = assert_page(client.get(address(sold)))
    assert device.fn in html
    assert client.get(address(sold) + "/pdf").content.startswith(b"%PDF")
    wait_for(lambda: confirmed_world.turn(device) == 0 and confirmed_world.state(sold).state == "confirmed")
    html = assert_page(client.get(address(sold)))
    assert "receipt-changed" not in html
    assert f"/{device.fn}/{confirmed_world.state(sold).fd}/" in html  # the operator's page


def drawn_letters(font: bytes) -> set[int]:
    """Code points of a TrueType font's character map of format 4."""
    tables = {font[at : at + 4]: struct.unpack(">LL", font[at + 8 : at + 16]) for at in range(12, len(font), 16)[:40]}
    cmap = font[tables[b"cmap"][0] :]
    for at in range(4, 4 + 8 * struct.unpack(">H", cmap[2:4])[0], 8):
        table = cmap[struct.unpack(">L", cmap[at + 4 : at + 8])[0] :]
        if struct.unpack(">H", table[:2])[0] == 4:
            break
    count = struct.unpack(">H", table[6:8])[0] // 2
    ends = struct.unpack(f">{count}H", table[14 : 14 + 2 * count])
    starts = struct.unpack(f">{count}H", table[16 + 2 * count : 16 + 4 * count])
    return {code for start, end in zip(starts, ends, strict=True) for code in range(start, end + 1)}


def test_shipped_fonts_draw_every_letter_of_both_languages():
    """Letters that a font lacks would be drawn as boxes in the PDF."""
    from openkassa.web.receipt_pdf import FOLDER

    fonts = list((FOLDER / "fonts").glob("*.ttf"))
    assert fonts
    for file in fonts:
        assert {ord(letter) for letter in "ЁёЪъЩщңҢөӨүҮ№₽«»—×"} <= drawn_letters(file.read_bytes())


def test_pdfs_are_set_in_several_threads_at_once():
    """One compiler for all threads fails here with «Already borrowed»."""
    from concurrent.futures import ThreadPoolExecutor

    from openkassa.web.receipt_pdf import set_receipt

    row = {"kind": "text", "left": "Хлеб", "right": "", "strong": False}
    data = {"title": "КАССОВЫЙ ЧЕК", "rows": [row] * 20, "qr": "", "state": "", "address": ""}
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(set_receipt, [data] * 60))
    assert all(pdf.startswith(b"%PDF") for pdf in made)


def test_text_of_a_receipt_is_never_read_as_code():
    from openkassa.web.receipt_pdf import set_receipt

    texts = ["#panic()", '#read("/etc/passwd")', "$x$ *b* _i_ <label> @ref", "\\u{0}"]
    rows = [
        {"kind": kind, "left": text, "right": text, "strong": True}
        for text in texts
        for kind in ("text", "pair", "center")
    ]
    assert set_receipt({"title": "#panic()", "rows": rows, "qr": "", "state": texts[0], "address": texts[1]})
