"""Format-logical control (ФЛК) of a ReceiptDraft before it is rendered for a pool of registers.

An error means that the draft must not become a document; a warning travels with it. Nothing that only warns is
a rule that a source confirms: VAT rates outside their dates (clients lag behind the law), fields that the format
version of the pool has no place for, requirements seen in second-hand sources.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal

from ..draft import Buyer, Correction, Item, ReceiptDraft
from ..identifiers import is_inn, roubles
from . import vat
from .codes import (
    CANCELLED_TAXATION,
    IDENTITY_DOCUMENTS,
    KINDS,
    KINDS_OF_1_2,
    MEASURES,
    METHODS,
    OPERATIONS,
    REFUNDS,
    TAXATION,
)
from .control_marks import check_marks
from .control_method import check_methods
from .control_text import check_texts
from .findings import ERROR, WARNING, Finding, errors
from .profile import Profile
from .render import render_content, settlement_day
from .tags import FFD_1_05, FFD_1_2, FFD_NAMES
from .tlv import UnencodableValue

MAX_CONTENT = 30 * 1024  # bytes that a storage takes for one receipt
MAX_ROUNDING = 99  # kopecks by which the total may be less than the sum of the lines
MAX_MONEY = 2**48 - 1  # vln of six bytes
_ALL_AGENTS = 127

_DATE = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})")

Findings = Iterator[Finding]


def check_draft(draft: ReceiptDraft, profile: Profile, at: dt.date) -> list[Finding]:
    """Everything that is wrong with `draft` for registers with `profile` on the till-local day `at`."""
    return check_and_render(draft, profile, at)[0]


def check_and_render(draft: ReceiptDraft, profile: Profile, at: dt.date) -> tuple[list[Finding], bytes | None]:
    """Findings and the rendered content, which is None when a finding is an error."""
    found = [*_head(draft, profile), *_lines(draft, profile, at), *_money(draft), *check_texts(draft, profile)]
    found += check_methods(draft)
    if draft.correction is not None:
        found += _correction(draft.correction, draft.operation, profile, at)
    if draft.buyer is not None:
        found += _buyer(draft.buyer, profile)
    found += check_marks(draft, profile)
    found += _not_carried(draft, profile)
    if errors(found):
        return found, None
    try:
        content = render_content(draft, profile)
    except UnencodableValue as problem:
        tag = problem.tag if isinstance(problem.tag, int) else None
        return [*found, Finding(ERROR, "unencodable", "", f"Чек не записывается в формат: {problem}", tag)], None
    if len(content) > MAX_CONTENT:
        text = f"Чек занимает {len(content)} байт, накопитель принимает {MAX_CONTENT}. Разбейте его на несколько."
        return [*found, Finding(ERROR, "too_large", "items", text, 1059)], None
    return found, content


def _head(draft: ReceiptDraft, profile: Profile) -> Findings:
    if draft.operation not in OPERATIONS:
        yield Finding(ERROR, "operation", "operation", f"Признак расчёта {draft.operation}: нужен 1, 2, 3 или 4.", 1054)
    if draft.taxation not in TAXATION or draft.taxation == CANCELLED_TAXATION:
        text = f"Система налогообложения {draft.taxation}: нужна одна из 1, 2, 4, 16, 32."
        yield Finding(ERROR, "taxation", "taxation", text, 1055)
    elif not draft.taxation & profile.taxation:
        known = ", ".join(label for bit, label in TAXATION.items() if bit & profile.taxation)
        text = f"Касса не зарегистрирована для «{TAXATION[draft.taxation]}», только для: {known}."
        yield Finding(ERROR, "taxation_not_registered", "taxation", text, 1055)
    if draft.cashier_inn is not None and not is_inn(draft.cashier_inn):
        yield Finding(ERROR, "inn", "cashier_inn", f"ИНН кассира {draft.cashier_inn} неверен.", 1203)
    if draft.time_zone is not None and not 1 <= draft.time_zone <= 11:
        yield Finding(ERROR, "time_zone", "time_zone", f"Часовая зона {draft.time_zone}: нужна от 1 до 11.", 1011)
    if not 0 <= draft.agent_type <= _ALL_AGENTS:
        yield Finding(ERROR, "agent", "agent_type", f"Признак агента {draft.agent_type}: нужны биты 0..6.", 1057)
    yield from _party_inns("", draft)
    if draft.internet:
        if draft.buyer is None or not draft.buyer.contact:
            text = "Для расчёта в Интернете нужен телефон или адрес почты покупателя."
            yield Finding(WARNING, "internet_contact", "buyer.contact", text, 1008)
        if "." not in (draft.place or profile.place):
            text = "Для расчёта в Интернете место расчётов должно быть адресом сайта."
            yield Finding(WARNING, "internet_place", "place", text, 1187)


# -- lines ---------------------------------------------------------------------------------------------------


def _lines(draft: ReceiptDraft, profile: Profile, at: dt.date) -> Findings:
    itemless = draft.correction is not None and profile.ffd == FFD_1_05
    if not draft.items and not itemless:
        text = f"В чеке нет ни одной позиции (ФФД {FFD_NAMES.get(profile.ffd, profile.ffd)})."
        yield Finding(ERROR, "no_items", "items", text, 1059)
    if draft.items and draft.correction_vat:
        text = "Суммы НДС коррекции задаются только без позиций: у чека с позициями они считаются."
        yield Finding(ERROR, "vat_twice", "correction_vat", text)
    for index, (code, total) in enumerate(draft.correction_vat):
        if code not in vat.CODES or not 0 <= total <= MAX_MONEY:
            text = f"НДС коррекции: ставка {code}, сумма {total}. Нужны ставка 1..12 и сумма от 0."
            yield Finding(ERROR, "vat", f"correction_vat[{index}]", text, 1199)
    day = settlement_day(draft, at) or at
    for index, item in enumerate(draft.items):
        yield from _item(item, f"items[{index}]", profile)
        yield from _item_vat(item, f"items[{index}].vat", draft, day)


def _item(item: Item, path: str, profile: Profile) -> Findings:
    for field, value, tag in (
        ("price", item.price, 1079),
        ("amount", item.amount, 1043),
        ("excise", item.excise, 1229),
    ):
        if value is not None and not 0 <= value <= MAX_MONEY:
            yield Finding(ERROR, "money", f"{path}.{field}", f"Сумма {value} коп. вне пределов.", tag)
    if not _quantity_fits(item.quantity):
        text = f"Количество {item.quantity}: нужно больше нуля и не больше шести знаков после точки."
        yield Finding(ERROR, "quantity", f"{path}.quantity", text, 1023)
    else:
        yield from _item_amount(item, path)
    if item.method not in METHODS:
        text = f"Признак способа расчёта {item.method}: нужен от 1 до 7."
        yield Finding(ERROR, "method", f"{path}.method", text, 1214)
    if item.kind not in KINDS or (item.kind in KINDS_OF_1_2 and profile.ffd != FFD_1_2):
        text = f"Признак предмета расчёта {item.kind} не применяется в ФФД {FFD_NAMES.get(profile.ffd, profile.ffd)}."
        yield Finding(ERROR, "kind", f"{path}.kind", text, 1212)
    if profile.ffd == FFD_1_2 and item.measure not in MEASURES:
        text = f"Мера количества {item.measure} не из перечня. Для прочих единиц есть 255."
        yield Finding(ERROR, "measure", f"{path}.measure", text, 2108)
    if not 0 <= item.agent_type <= _ALL_AGENTS:
        text = f"Признак агента {item.agent_type}: нужны биты 0..6."
        yield Finding(ERROR, "agent", f"{path}.agent_type", text, 1222)
    yield from _party_inns(f"{path}.", item)


def _party_inns(path: str, owner: Item | ReceiptDraft) -> Findings:
    for who, inn, tag in (
        ("supplier.inn", owner.supplier.inn if owner.supplier else None, 1226),
        ("agent.transfer_inn", owner.agent.transfer_inn if owner.agent else None, 1016),
    ):
        if inn is not None and not is_inn(inn):
            yield Finding(ERROR, "inn", f"{path}{who}", f"ИНН {inn} неверен.", tag)


def _quantity_fits(quantity: Decimal) -> bool:
    exponent = quantity.as_tuple().exponent  # a letter for NaN and infinity
    return isinstance(exponent, int) and exponent >= -6 and 0 < quantity < 10**9


def _item_amount(item: Item, path: str) -> Findings:
    expected = vat.line_amount(item.price, item.quantity)
    if abs(expected - item.amount) > 1:
        text = (
            f"Стоимость {roubles(item.amount)} отличается от цены × количество = {roubles(expected)} "
            f"на {roubles(item.amount - expected)}: в чеке она будет скидкой или наценкой."
        )
        yield Finding(WARNING, "amount_differs", f"{path}.amount", text, 1043)


def _item_vat(item: Item, path: str, draft: ReceiptDraft, day: dt.date) -> Findings:
    if item.vat not in vat.CODES:
        yield Finding(ERROR, "vat", path, f"Ставка НДС {item.vat}: нужна от 1 до 12.", 1199)
        return
    rate = vat.rate(item.vat, day)
    if not rate.in_force(day) and draft.operation not in REFUNDS:
        text = f"Ставка НДС {rate.label} не действует {day:%d.%m.%Y}."
        yield Finding(WARNING, "vat_date", path, text, 1199)


# -- money ---------------------------------------------------------------------------------------------------


def _money(draft: ReceiptDraft) -> Findings:
    paid = draft.payments
    sums = {"cash": 1031, "electronic": 1081, "prepaid": 1215, "credit": 1216, "other": 1217}
    for field, tag in sums.items():
        value = getattr(paid, field)
        if not 0 <= value <= MAX_MONEY:
            yield Finding(ERROR, "money", f"payments.{field}", f"Сумма {value} коп. вне пределов.", tag)
    if not 0 <= draft.total <= MAX_MONEY:
        yield Finding(ERROR, "money", "total", f"Сумма {draft.total} коп. вне пределов.", 1020)
    if paid.total != draft.total:
        text = (
            f"Оплаты составляют {roubles(paid.total)}, а сумма расчёта {roubles(draft.total)}: "
            f"разница {roubles(paid.total - draft.total)}."
        )
        yield Finding(ERROR, "payments_differ", "payments", text, 1020)
    if draft.items:
        lines = sum(item.amount for item in draft.items)
        if not 0 <= lines - draft.total <= MAX_ROUNDING:
            text = (
                f"Позиции составляют {roubles(lines)}, а сумма расчёта {roubles(draft.total)}: "
                f"разница {roubles(draft.total - lines)}. Допустимо округление вниз меньше рубля."
            )
            yield Finding(ERROR, "total_differs", "total", text, 1020)
    cashless = sum(payment.amount for payment in draft.cashless)
    if draft.cashless and cashless != paid.electronic:
        text = f"Сведения о безналичных оплатах дают {roubles(cashless)}, а безналичными {roubles(paid.electronic)}."
        yield Finding(WARNING, "cashless_differs", "cashless", text, 1234)
    for index, payment in enumerate(draft.cashless):
        if not (0 <= payment.amount <= MAX_MONEY and 0 <= payment.method <= 255):
            text = "Безналичная оплата: сумма от 0, способ от 0 до 255."
            yield Finding(ERROR, "cashless", f"cashless[{index}]", text, 1235)


# -- correction, buyer ------------------------------------------------------------------------------------------


def _correction(correction: Correction, operation: int, profile: Profile, at: dt.date) -> Findings:
    if profile.ffd == FFD_1_05 and operation in REFUNDS:
        text = (
            "В ФФД 1.05 чек коррекции бывает только приходом или расходом: возврат прихода без кассы исправляется "
            "коррекцией расхода, ошибочный чек — обычным чеком обратной операции."
        )
        yield Finding(ERROR, "correction_operation", "operation", text, 1054)
    if correction.date > at:
        text = f"Корректируемый расчёт {correction.date:%d.%m.%Y} ещё не наступил."
        yield Finding(ERROR, "correction_date", "correction.date", text, 1178)
    if correction.by_order and not correction.number:
        severity = ERROR if profile.ffd == FFD_1_05 else WARNING
        text = "Коррекция по предписанию: нужен номер предписания."
        yield Finding(severity, "correction_number", "correction.number", text, 1179)


def _buyer(buyer: Buyer, profile: Profile) -> Findings:
    if buyer.inn is not None and not is_inn(buyer.inn):
        yield Finding(ERROR, "inn", "buyer.inn", f"ИНН покупателя {buyer.inn} неверен.", 1228)
    if buyer.birthdate is not None and not _is_date(buyer.birthdate):
        text = f"Дата рождения {buyer.birthdate}: нужна в виде ДД.ММ.ГГГГ."
        yield Finding(ERROR, "date", "buyer.birthdate", text, 1243)
    if buyer.citizenship is not None and not re.fullmatch(r"\d{3}", buyer.citizenship, re.ASCII):
        text = f"Гражданство {buyer.citizenship}: нужны три цифры."
        yield Finding(ERROR, "country", "buyer.citizenship", text, 1244)
    if buyer.document_code is not None and buyer.document_code not in IDENTITY_DOCUMENTS:
        text = f"Код вида документа {buyer.document_code} не из перечня."
        yield Finding(ERROR, "document_code", "buyer.document_code", text, 1245)
    if profile.ffd != FFD_1_2:
        for field, tag in (("birthdate", 1243), ("citizenship", 1244), ("document_code", 1245), ("address", 1254)):
            if getattr(buyer, field) is not None:
                yield _dropped(f"buyer.{field}", tag, profile)


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None or not text.isascii():
        return False
    try:
        dt.date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return False
    return True


# -- what a version has no place for -----------------------------------------------------------------------------


def _dropped(path: str, tag: int, profile: Profile) -> Finding:
    version = FFD_NAMES.get(profile.ffd, profile.ffd)
    return Finding(WARNING, "not_carried", path, f"В ФФД {version} этого реквизита нет, в чек он не попадёт.", tag)


def _not_carried(draft: ReceiptDraft, profile: Profile) -> Findings:
    newest = profile.ffd == FFD_1_2
    if not newest:
        if draft.industry:
            yield _dropped("industry", 1261, profile)
        if draft.operating is not None:
            yield _dropped("operating", 1270, profile)
    for index, item in enumerate(draft.items):
        if newest:
            if item.unit is not None:
                yield _dropped(f"items[{index}].unit", 1197, profile)
            if item.product_code is not None:
                yield _dropped(f"items[{index}].product_code", 1162, profile)
        else:
            if item.measure:
                yield _dropped(f"items[{index}].measure", 2108, profile)
            if item.industry:
                yield _dropped(f"items[{index}].industry", 1260, profile)
            if item.mark is not None and item.mark.denominator is not None:
                yield _dropped(f"items[{index}].mark.denominator", 1291, profile)
