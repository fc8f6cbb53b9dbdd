"""Codes with which a fiscal storage refuses a command (KKT↔FN protocol v1.1; those of FFD 1.2 second-hand)."""

from __future__ import annotations

from enum import IntEnum


class ErrorCode(IntEnum):
    UNKNOWN_COMMAND = 0x01
    WRONG_STATE = 0x02
    STORAGE_FAILURE = 0x03
    SIGNER_FAILURE = 0x04
    TERM_OVER = 0x05
    ARCHIVE_FULL = 0x06
    WRONG_TIME = 0x07
    NO_DATA = 0x08
    WRONG_PARAMETERS = 0x09
    NOT_ALLOWED_IN_FFD = 0x0A
    TAG_NOT_ALLOWED = 0x0B
    REPEATED_DATA = 0x0C
    NO_ACCOUNTING_DATA = 0x0D
    TOO_MANY_ITEMS = 0x0E
    TLV_TOO_LONG = 0x10
    NO_TRANSPORT = 0x11
    SIGNER_EXHAUSTED = 0x12
    OPERATOR_QUEUE_FULL = 0x14
    UNDELIVERED_TOO_OLD = 0x15
    SHIFT_TOO_LONG = 0x16
    CLOCKS_DIFFER = 0x17
    WRONG_KKT_DATA = 0x18
    WRONG_REGISTRATION_DATA = 0x19
    ACKNOWLEDGEMENT_REFUSED = 0x20
    KEYS_NOT_UPDATED = 0x23
    KEYS_TOO_OLD = 0x24
    KEY_UPDATE_REPEATED = 0x30
    MARKING_FORBIDDEN = 0x32
    MARKING_SEQUENCE = 0x33
    MARKING_BLOCKED = 0x34
    MARKING_TABLE_FULL = 0x35
    MARKING_DATA_MISSING = 0x3C
    MARKING_CODE_NOT_CHECKED = 0x3E


class AcknowledgementFault(IntEnum):
    """Why an operator's acknowledgement was refused; goes with code 20h."""

    SIGN = 1
    FORMAT = 2
    DOCUMENT_NUMBER = 3
    STORAGE_NUMBER = 4
    CHECKSUM = 5


TEXTS: dict[ErrorCode, str] = {
    ErrorCode.UNKNOWN_COMMAND: "ФН не знает такой команды",
    ErrorCode.WRONG_STATE: "Команда невозможна в этом состоянии ФН",
    ErrorCode.STORAGE_FAILURE: "Отказ ФН: замените накопитель",
    ErrorCode.SIGNER_FAILURE: "Отказ криптографического сопроцессора ФН: замените накопитель",
    ErrorCode.TERM_OVER: "Срок действия ФН истёк: закройте смену и замените накопитель",
    ErrorCode.ARCHIVE_FULL: "Архив ФН заполнен: закройте смену и замените накопитель",
    ErrorCode.WRONG_TIME: "Дата или время раньше последнего документа либо записаны неверно: проверьте часы ККТ",
    ErrorCode.NO_DATA: "Таких данных в ФН нет",
    ErrorCode.WRONG_PARAMETERS: "Параметры команды неверны",
    ErrorCode.NOT_ALLOWED_IN_FFD: "Команда невозможна в этой версии ФФД",
    ErrorCode.TAG_NOT_ALLOWED: "В данных документа есть реквизит, который ФН ставит сам",
    ErrorCode.REPEATED_DATA: "Эти данные уже переданы в ФН",
    ErrorCode.NO_ACCOUNTING_DATA: "Нет данных, нужных для учёта",
    ErrorCode.TOO_MANY_ITEMS: "В документе слишком много предметов расчёта",
    ErrorCode.TLV_TOO_LONG: "Данные документа больше допустимого размера",
    ErrorCode.NO_TRANSPORT: "Нет соединения с оператором фискальных данных",
    ErrorCode.SIGNER_EXHAUSTED: "Ресурс криптографического сопроцессора исчерпан: замените накопитель",
    ErrorCode.OPERATOR_QUEUE_FULL: "Нет места для документов, не переданных оператору: восстановите связь с ОФД",
    ErrorCode.UNDELIVERED_TOO_OLD: "Первый непереданный документ старше 30 дней: восстановите связь с ОФД",
    ErrorCode.SHIFT_TOO_LONG: "Смена длится больше 24 часов: закройте её и откройте новую",
    ErrorCode.CLOCKS_DIFFER: "Часы ККТ и ФН расходятся больше чем на 5 минут",
    ErrorCode.WRONG_KKT_DATA: "Реквизит, переданный ККТ, не соответствует требованиям",
    ErrorCode.WRONG_REGISTRATION_DATA: "Реквизит не соответствует данным регистрации ККТ",
    ErrorCode.ACKNOWLEDGEMENT_REFUSED: "Подтверждение оператора не принято",
    ErrorCode.KEYS_NOT_UPDATED: "Ключи проверки не обновлены",
    ErrorCode.KEYS_TOO_OLD: "Ключи проверки просрочены",
    ErrorCode.KEY_UPDATE_REPEATED: "Повторите обновление ключей",
    ErrorCode.MARKING_FORBIDDEN: "Работа с кодами маркировки запрещена регистрацией",
    ErrorCode.MARKING_SEQUENCE: "Нарушен порядок команд проверки кода маркировки",
    ErrorCode.MARKING_BLOCKED: "Работа с кодами маркировки временно заблокирована",
    ErrorCode.MARKING_TABLE_FULL: "Таблица кодов маркировки заполнена",
    ErrorCode.MARKING_DATA_MISSING: "В чеке нет реквизитов проверенного кода маркировки",
    ErrorCode.MARKING_CODE_NOT_CHECKED: "Код маркировки из чека не проверялся",
}

FAULT_TEXTS: dict[AcknowledgementFault, str] = {
    AcknowledgementFault.SIGN: "неверный фискальный признак",
    AcknowledgementFault.FORMAT: "неверный формат",
    AcknowledgementFault.DOCUMENT_NUMBER: "номер ФД не тот, что ожидается",
    AcknowledgementFault.STORAGE_NUMBER: "номер ФН другой",
    AcknowledgementFault.CHECKSUM: "неверная контрольная сумма",
}


class StorageError(Exception):
    """The storage refused a command; nothing was made. `detail` says what exactly, for logs and people."""

    def __init__(self, code: ErrorCode, detail: str = "", *, reason: AcknowledgementFault | None = None) -> None:
        text = TEXTS[code]
        if reason is not None:
            text = f"{text}: {FAULT_TEXTS[reason]}"
        super().__init__(f"{text} ({detail})" if detail else text)
        self.code = code
        self.reason = reason
        self.text = str(self)
