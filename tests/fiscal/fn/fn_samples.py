"""A registered storage and contents of receipts, for the tests of the storage, the wire and the device."""

from openkassa.fiscal.ffd import tlv
from openkassa.fiscal.fn import FiscalStorage, Registration
from openkassa.fiscal.fn.state import State
from openkassa.fiscal.identifiers import make_rnm

FN = "9999078900005488"
SERIAL = "0000000000000001"
INN = "7700000016"
RNM = make_rnm(1, INN, SERIAL)
START = 1_767_261_600  # 2026-01-01 10:00 till-local
DAY = 86400


def registration(ffd: int = 4, mode: int = 0) -> Registration:
    return Registration(RNM, INN, 1, ffd, mode, 180)


def registration_content(ffd: int = 4) -> bytes:
    pairs = [(1048, "ООО Ромашка"), (1013, SERIAL), (1021, "Иванова"), (1009, "Москва"), (1187, "касса 1")]
    pairs += [(1188, "1.0"), (1189, ffd)]
    return tlv.encode(pairs + ([(1290, 0)] if ffd == 4 else []))


def new_storage(**limits) -> FiscalStorage:
    return FiscalStorage(State(fn=FN, **limits))


def registered(ffd: int = 4, mode: int = 0, **limits) -> FiscalStorage:
    storage = new_storage(**limits)
    storage.register(registration(ffd, mode), SERIAL, registration_content(ffd), START)
    return storage


def open_storage(**kwargs) -> FiscalStorage:
    storage = registered(**kwargs)
    storage.open_shift(b"", START)
    return storage


def receipt_content(cash: int = 0, card: int = 0, vat20: int = 0, items: int = 1) -> bytes:
    total = cash + card
    item = [(1030, "Чай"), (1079, total), (1043, total), (1199, 1), (1214, 4), (1212, 1)]
    pairs = [(1059, item)] * items + [(1055, 1), (1009, "Москва"), (1187, "касса 1")]
    return tlv.encode([*pairs, (1031, cash), (1081, card), (1215, 0), (1216, 0), (1217, 0), (1102, vat20)])


def fields(container: bytes) -> list:
    """Top-level pairs of the document in a container."""
    from openkassa.fiscal.wire import Container

    ((_, inside),) = tlv.decode(Container.parse(container).document)
    return inside
