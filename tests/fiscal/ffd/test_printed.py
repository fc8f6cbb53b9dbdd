"""The printed form shows what has to be shown, on both widths of paper."""

import datetime as dt

import pytest
from tests.fiscal.ffd.samples import make_correction, make_draft, make_item
from tests.fiscal.ffd.test_presence import REPORTS, receipt, signed
from tests.fiscal.ffd.test_render import everything

from openkassa.fiscal.draft import Correction
from openkassa.fiscal.ffd.presence import rules
from openkassa.fiscal.ffd.printed import TITLES, WIDTH_58, WIDTH_80, as_text, printed, qr_text
from openkassa.fiscal.ffd.qr import parse
from openkassa.fiscal.ffd.reader import Document
from openkassa.fiscal.fn.documents import u32


def lines(document, width=WIDTH_58):
    return as_text(printed(document), width).splitlines()


def test_a_receipt_on_58_mm():
    assert lines(receipt(make_draft())) == [
        '          ООО "ПРИМЕР"',
        "  г. Пример, ул. Примерная, 1",
        "            Магазин",
        "          КАССОВЫЙ ЧЕК",
        "             ПРИХОД",
        "--------------------------------",
        "Чай зелёный",
        "3 шт. x 269.10           =807.30",
        "НДС 22%",
        "ТОВАР, ПОЛНЫЙ РАСЧЕТ",
        "--------------------------------",
        "ИТОГ                     =807.30",
        "БЕЗНАЛИЧНЫМИ             =807.30",
        "СУММА НДС 22%            =145.58",
        "--------------------------------",
        "СНО                          ОСН",
        "ЭЛ. АДР. ПОКУПАТЕЛЯ",
        "               buyer@example.com",
        "ЭЛ. АДР. ОТПРАВИТЕЛЯ",
        "                shop@example.com",
        "КАССИР                    Кассир",
        "САЙТ ФНС        www.nalog.gov.ru",
        "ДАТА ВРЕМЯ      16.02.2026 09:36",
        "СМЕНА 1                    ЧЕК 1",
        "ИНН                   7702203276",
        "РН ККТ          0000000005008570",
        "ФН              9999078900005488",
        "ФД                            87",
        "ФПД                   1310500858",
    ]


@pytest.mark.parametrize("width", [WIDTH_58, WIDTH_80])
@pytest.mark.parametrize("ffd", [2, 3, 4])
def test_no_line_is_wider_than_the_paper(width, ffd):
    wide = everything(items=(make_item(name="Очень длинное наименование предмета расчета " * 2, unit="упаковка"),))
    documents = [receipt(wide, ffd), *(signed(form, report.content(ffd), ffd) for form, report in REPORTS.items())]
    for document in documents:
        assert max(map(len, lines(document, width))) <= width


@pytest.mark.parametrize("form", [3, 4, 31, 41])
def test_each_form_has_its_title(form):
    draft = (make_draft if form in (3, 4) else make_correction)(bso=form in (4, 41))
    assert TITLES[form] in as_text(printed(receipt(draft)))


@pytest.mark.parametrize(
    ("operation", "words"), [(1, "ПРИХОД"), (2, "ВОЗВРАТ ПРИХОДА"), (3, "РАСХОД"), (4, "ВОЗВРАТ РАСХОДА")]
)
def test_sign_of_settlement(operation, words):
    assert words in [line.strip() for line in lines(receipt(make_draft(operation=operation)))]


def test_a_correction_says_what_it_corrects():
    correction = Correction(by_order=True, date=dt.date(2018, 5, 1), number="12/3")
    shown = lines(receipt(make_correction(correction=correction, items=(make_item(vat=1),))))
    assert "ТИП КОРРЕКЦИИ     ПО ПРЕДПИСАНИЮ" in shown
    assert "ДАТА РАСЧЕТА          01.05.2018" in shown
    assert "№ ПРЕДПИСАНИЯ               12/3" in shown
    assert "СУММА НДС 18%            =123.15" in shown


def test_names_of_vat_totals():
    items = tuple(make_item(vat=code) for code in range(1, 13))
    document = receipt(make_draft(items=items))
    shown = {line.split("=")[0].strip() for line in lines(document) if line.startswith("СУММА")}
    rates = ("20%", "10%", "20/120", "10/110", "5%", "7%", "5/105", "7/107", "22%", "22/122")
    assert shown == {f"СУММА НДС {rate}" for rate in rates} | {"СУММА С НДС 0%", "СУММА БЕЗ НДС"}


@pytest.mark.parametrize(
    ("bits", "mark"), [(15, "[М+]"), (1, "[М-]"), (7, "[М-]"), (3, "[М]"), (0, "[М]"), (None, "[М]")]
)
def test_marked_goods(bits, mark):
    whole = receipt(make_draft(items=(make_item(kind=33),)))
    item = whole.items[0] + ([(2106, bits)] if bits is not None else [])
    marked = Document(3, [(tag, item if tag == 1059 else value) for tag, value in whole.pairs])
    assert f"{mark} Чай зелёный" in lines(marked)


def test_fields_that_have_to_be_printed_are():
    """Required rows with a printed form, but for those that the receipt shows in another way."""
    document = receipt(everything())
    shown = as_text(printed(document))
    shown_otherwise = {1054, 1059, 1077, 1196, 1012}
    for row in rules(4).forms[3]:
        if row.presence == "required" and "p" in row.form and row.tag not in shown_otherwise:
            value = dict(document.pairs)[row.tag]
            assert (f"{value / 100:.2f}" if row.tag == 1020 else str(value)) in shown.replace("\n", " ")


def test_qr_of_a_receipt():
    document = receipt(make_draft())
    qr = parse(printed(document).qr)
    assert (qr.total, qr.fd, qr.fn, qr.operation) == (80730, 87, document.fn, 1)
    assert qr.fiscal_sign == document.fiscal_sign and qr.local_time == document.local_time // 60 * 60
    assert qr_text(Document(3, [])) is None


def test_a_report_names_its_fields():
    shown = lines(signed(5, REPORTS[5].content(4), 4, u32(1038, 12)), WIDTH_80)
    assert "             ОТЧЕТ О ЗАКРЫТИИ СМЕНЫ" in shown
    assert any(line.startswith("СМЕНА ") and line.endswith(" 12") for line in shown)
    assert printed(signed(2, REPORTS[2].content(4), 4)).qr is None


def test_control_characters_do_not_reach_the_paper():
    whole = receipt(make_draft())
    nasty = Document(3, [(tag, "А\x1b[31mБ\r\nВ" if tag == 1021 else value) for tag, value in whole.pairs])
    assert all(one.isprintable() for line in lines(nasty) for one in line)


@pytest.mark.parametrize("form", [3, 31, 1, 5, 7])
def test_an_empty_document_is_printed_without_error(form):
    as_text(printed(Document(form, [])))
