"""Words of the sandbox's pages in Russian and English."""

from __future__ import annotations

from starlette.requests import Request

WORDS = {
    "title": ("Песочница OpenKassa", "OpenKassa sandbox"),
    "about": (
        "Остальной мир для разработки и проверок. Наружу ничего не уходит: письма и СМС остаются на этих страницах.",
        "The rest of the world for development and tests. Nothing goes out: mails and SMS stay on these pages.",
    ),
    "mailbox": ("Почта", "Mailbox"),
    "mailbox_about": ("Письма, принятые по SMTP", "Mails received over SMTP"),
    "phone": ("Телефоны", "Phones"),
    "phone_about": ("СМС, отправленные через шлюз", "SMS sent through the gateway"),
    "hooks": ("Приёмник уведомлений", "Callback receiver"),
    "hooks_about": ("Запросы, пришедшие на /hook/имя", "Requests that came to /hook/name"),
    "marking": ("Маркировка", "Marking"),
    "marking_about": ("Коды, которые знает система маркировки", "Codes that the marking service knows"),
    "code": ("Код", "Code"),
    "code_state": ("Состояние", "State"),
    "code_add": ("Внести код", "Enter a code"),
    "wrong_code": ("Это не код маркировки", "This is no marking code"),
    "state_in_circulation": ("в обороте", "in circulation"),
    "state_emitted": ("выпущен, не нанесён", "emitted, not applied"),
    "state_not_verified": ("не прошёл проверку подлинности", "not verified"),
    "state_sold": ("продан", "sold"),
    "state_blocked": ("заблокирован", "blocked"),
    "state_not_realizable": ("не введён в оборот", "not in circulation"),
    "state_gray_zone": ("серая зона", "grey zone"),
    "state_expired": ("срок годности истёк", "expired"),
    "faults": ("Неисправности", "Faults"),
    "faults_about": (
        "Отказы, задержки и потери, которые можно включить; 0 выключает",
        "Refusals, delays and losses to switch on; 0 is off",
    ),
    "empty": ("Пока ничего нет", "Nothing here yet"),
    "from": ("От кого", "From"),
    "to": ("Кому", "To"),
    "subject": ("Тема", "Subject"),
    "when": ("Когда, UTC", "When, UTC"),
    "text": ("Текст", "Text"),
    "page": ("Письмо", "Page"),
    "raw": ("Исходник", "Source"),
    "repeats": ("повторов", "repeats"),
    "method": ("Запрос", "Request"),
    "answered": ("Ответ", "Answer"),
    "lost": ("потерян", "lost"),
    "body": ("Тело", "Body"),
    "headers": ("Заголовки", "Headers"),
    "fault": ("Неисправность", "Fault"),
    "value": ("Значение", "Value"),
    "times": ("Сколько раз", "How many times"),
    "save": ("Сохранить", "Save"),
    "clear": ("Очистить", "Clear"),
    "all_off": ("Выключить всё", "Switch all off"),
    "saved": ("Сохранено", "Saved"),
    "not_found": ("Такой страницы нет", "There is no such page"),
    "no_subject": ("(без темы)", "(no subject)"),
    "units_switch": ("1 — включить", "1 is on"),
    "units_seconds": ("секунды", "seconds"),
    "units_smtp": ("код 400–599", "code 400–599"),
    "units_http": ("код 400–599", "code 400–599"),
    "interfaces": ("Адреса", "Addresses"),
}


def language_of(request: Request) -> str:
    """ "ru" or "en": as asked for in the address, else as the browser prefers, Russian when it does not say."""
    chosen = request.query_params.get("lang") or request.cookies.get("sandbox_language")
    if chosen in ("ru", "en"):
        return chosen
    accepted = request.headers.get("accept-language", "ru").lower()
    first = accepted.split(",")[0].strip()
    return "en" if first.startswith("en") else "ru"


def words(language: str) -> dict[str, str]:
    return {name: pair[0 if language == "ru" else 1] for name, pair in WORDS.items()}
