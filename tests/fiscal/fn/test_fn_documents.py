"""Bytes of documents: order of tags, signs, counters in reports, acknowledgements."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fiscal.fn.fn_samples import (
    DAY,
    FN,
    RNM,
    SERIAL,
    START,
    fields,
    open_storage,
    receipt_content,
    registered,
    registration,
    registration_content,
)

from openkassa.fiscal.ffd import tlv
from openkassa.fiscal.fn import AcknowledgementFault, ErrorCode, StorageError, emulation, make_acknowledgement
from openkassa.fiscal.fn.counters import pack
from openkassa.fiscal.wire import FROM_FN, FROM_OFD, Container, crc16

OFD = "7704358518"


def answer(container: bytes, code: int = 0, at: int = START) -> bytes:
    return make_acknowledgement(Container.parse(container), operator_inn=OFD, code=code, local_time=at)


@pytest.mark.parametrize(("ffd", "first"), [(2, [1209]), (3, [1209, 1190]), (4, [1209, 1190])])
def test_a_receipt_has_the_storages_tags_first_and_the_content_untouched(ffd, first):
    storage = open_storage(ffd=ffd)
    content = receipt_content(1000, 500, 250)
    made = storage.receipt(3, 2, 1500, content, START + 61)
    pairs = fields(made.container)
    own = [*first, 1041, 1037, 1018, 1040, 1012, 1077, 1038, 1042, 1054, 1020]
    assert [tag for tag, _ in pairs][: len(own)] == own
    values = dict(pairs)
    assert (values[1041], values[1037], values[1018]) == (FN, RNM, "7700000016")
    assert (values[1040], values[1038], values[1042], values[1054], values[1020]) == (3, 1, 1, 2, 1500)
    assert values[1012] == START + 60
    assert int.from_bytes(values[1077][2:], "big") == made.fiscal_sign
    assert values[1077][:2] == b"\x31\x04"
    document = Container.parse(made.container).document
    assert document.endswith(content)
    assert (made.fd, made.form, made.shift, made.number, made.operation, made.total) == (3, 3, 1, 1, 2, 1500)


def test_tag_1209_is_not_written_twice():
    storage = open_storage(ffd=2)
    made = storage.receipt(3, 1, 1000, receipt_content(1000) + tlv.encode([(1209, 2)]), START)
    assert [tag for tag, _ in fields(made.container)].count(1209) == 1


def test_the_container_is_addressed_and_signed():
    made = open_storage().receipt(3, 1, 1000, receipt_content(1000), START)
    container = Container.parse(made.container)
    assert (container.origin, container.form, container.fn, container.fd) == (FROM_FN, 3, FN, 3)
    assert container.sign[:2] == b"\x81\x06"
    assert emulation.message_sign_holds(container)
    assert emulation.fiscal_sign_holds(container)


def resealed(data: bytearray) -> Container:
    data[2:4] = crc16(bytes(data[4:]), crc16(bytes(data[:2]))).to_bytes(2, "little")
    return Container.parse(bytes(data))


def test_a_change_under_a_right_checksum_is_found_by_the_signs():
    made = open_storage().receipt(3, 1, 1000, receipt_content(1000), START)
    inside = bytearray(made.container)
    inside[-12] ^= 1
    changed = resealed(inside)
    assert not emulation.message_sign_holds(changed)
    assert not emulation.fiscal_sign_holds(changed)
    header = bytearray(made.container)
    header[19] ^= 1  # number of the document in the container's header only
    changed = resealed(header)
    assert not emulation.message_sign_holds(changed)
    assert emulation.fiscal_sign_holds(changed)


@given(st.binary(max_size=60))
def test_the_fiscal_sign_of_any_bytes_is_just_not_right(body):
    container = Container(FROM_FN, 3, FN, 1, len(body).to_bytes(4, "little") + body, bytes(8), bytes(8))
    assert not emulation.fiscal_sign_holds(container)


def test_keys_differ_by_storage_and_by_purpose():
    keys = {emulation.purpose_key(fn, purpose) for fn in (FN, "9999000000000001") for purpose in ("document", "answer")}
    assert len(keys) == 4


def test_the_published_rule_gives_these_bytes():
    """A second implementation must agree with these; changing them breaks every journal and archive."""
    assert emulation.purpose_key(FN, "document").hex() == (
        "c13443a5f0f67867e1b837f6a42ca8079c6a41aedf666ffbe9b0faf2ce1129f6"
    )
    assert emulation.fiscal_sign(FN, 3, b"fields")[0].hex() == "31044b2fac87"
    assert emulation.message_sign(FN, b"signed part").hex() == "8106b7b659cf6e6e"
    assert emulation.answer_sign(FN, b"signed part").hex() == "82069ea54b12b734"
    assert emulation.operator_sign(FN, 1, START, 14, bytes(8)).hex() == "8806bbe408510003"


def counted(pairs: list, *path: int):
    for tag in path:
        pairs = dict(pairs)[tag]
    return pairs


def test_reports_carry_counters_of_shift_and_storage():
    storage = open_storage()
    storage.receipt(3, 1, 1500, receipt_content(1000, 500, 250), START)
    storage.receipt(4, 2, 700, receipt_content(700), START)
    storage.receipt(31, 3, 300, receipt_content(0, 300), START)
    first = fields(storage.close_shift(b"", START).container)
    assert counted(first, 1118) == 3
    assert counted(first, 1111) == 5  # opening, three receipts, closing
    assert counted(first, 1097) == 5  # registration and all but this report
    assert counted(first, 1098) == START - START % DAY
    assert counted(first, 1213) == 410
    for tag in (1194, 1157):
        assert counted(first, tag, 1134) == 3
        assert dict(counted(first, tag, 1129)) | {} == {
            1135: 1, 1136: 1000, 1138: 500, 1218: 0, 1219: 0, 1220: 0, 1201: 1500,
            1139: 250, 1140: 0, 1141: 0, 1142: 0, 1143: 0, 1183: 0,
        }  # fmt: skip
        assert counted(first, tag, 1130, 1201) == 700
        assert counted(first, tag, 1131, 1135) == 0
        assert counted(first, tag, 1133, 1144) == 1
        assert counted(first, tag, 1133, 1146, 1138) == 300
    storage.open_shift(b"", START)
    storage.receipt(3, 1, 100, receipt_content(100), START)
    second = fields(storage.close_shift(b"", START).container)
    assert counted(second, 1118) == 1
    assert counted(second, 1194, 1129, 1201) == 100
    assert counted(second, 1157, 1129, 1201) == 1600


def test_the_settlements_report_counts_what_is_not_delivered():
    storage = open_storage()
    made = [storage.receipt(3, 1, 1500, receipt_content(1500), START) for _ in range(3)]
    made.append(storage.receipt(31, 1, 200, receipt_content(200), START))
    for fd in (1, 2, made[0].fd):
        storage.apply_acknowledged(fd)
    report = fields(storage.report_settlements(b"", START).container)
    assert counted(report, 1116) == made[1].fd
    assert counted(report, 1097) == 3
    assert counted(report, 1158, 1144) == 3
    assert counted(report, 1158, 1145, 1201) == 3200
    for item in [*made[1:], storage.undelivered[-1]]:
        storage.apply_acknowledged(item.fd)
    report = dict(fields(storage.report_settlements(b"", START).container))
    assert not report.keys() & {1116, 1097, 1098, 1158}
    assert report[1038] == 1


def test_large_counters_are_written_whole():
    pairs = [(1144, 1), (1145, [(tag, 10**11) for tag in (1136, 1138, 1218, 1219, 1220, 1201)])]
    assert tlv.decode(pack(1133, pairs)) == [(1133, pairs)]


def test_registration_writes_what_the_content_leaves_out():
    storage = registered()
    assert storage.undelivered[0].fd == 1
    made = storage.register(registration(), SERIAL, registration_content() + tlv.encode([(1062, 3)]), START, reasons=12)
    values = dict(fields(made.container))
    assert (values[1056], values[1002], values[1001], values[1062], values[1205]) == (0, 0, 0, 3, 12)
    assert values[1077][:2] == b"\x21\x04"
    assert 1157 in values and 1109 not in values


def test_reasons_become_the_codes_of_ffd_1_05():
    storage = registered(ffd=2)
    made = storage.register(registration(2), SERIAL, b"", START, reasons=0b10000000001110)
    pairs = fields(made.container)
    assert tlv.all_of(pairs, 1101) == [2, 3, 4]
    assert 1205 not in dict(pairs)
    assert {1109, 1110, 1108} <= dict(pairs).keys()


def test_warnings_stand_in_shift_reports():
    storage = registered()
    values = dict(fields(storage.open_shift(b"", START + 3 * DAY).container))
    assert values[1053] == 1
    assert not values.keys() & {1050, 1051, 1052}


# -- acknowledgements ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, 11, 14])
def test_an_acknowledgement_confirms_the_first_document(code):
    storage = open_storage()
    made = storage.receipt(3, 1, 1000, receipt_content(1000), START)
    storage.apply_acknowledged(1)
    storage.apply_acknowledged(2)
    data = answer(made.container, code, START + 7)
    taken = storage.accept_acknowledgement(data)
    assert (taken.fn, taken.fd, taken.code, taken.local_time, taken.operator_inn) == (FN, 3, code, START + 7, OFD)
    assert not storage.undelivered
    container = Container.parse(data)
    assert (container.origin, container.form, container.sign[:2]) == (FROM_OFD, 7, b"\x82\x06")
    inside = fields(data)
    assert [tag for tag, _ in inside] == [1017, 1078, 1041, 1040, 1012, 1068]
    assert taken.operator_sign[:2] == b"\x88\x06" and taken.operator_sign[6:] == b"\x00\x03"


def test_the_same_document_gets_the_same_acknowledgement():
    made = open_storage().receipt(3, 1, 1000, receipt_content(1000), START)
    assert answer(made.container) == answer(made.container)


def refused_with(storage, data) -> AcknowledgementFault:
    waiting = len(storage.undelivered)
    with pytest.raises(StorageError) as caught:
        storage.accept_acknowledgement(data)
    assert caught.value.code == ErrorCode.ACKNOWLEDGEMENT_REFUSED
    assert len(storage.undelivered) == waiting
    return caught.value.reason


def test_wrong_acknowledgements_are_refused_with_the_reason():
    storage, other = registered(), registered()
    first = other.open_shift(b"", START)
    good = answer(storage.register(registration(), SERIAL, b"", START, reasons=4).container)
    storage.apply_acknowledged(1)
    assert refused_with(storage, good[:-1] + b"\1") is AcknowledgementFault.CHECKSUM
    assert refused_with(storage, good[:-1]) is AcknowledgementFault.FORMAT
    assert refused_with(storage, first.container) is AcknowledgementFault.FORMAT
    # Document 2 of the same number and storage but of another history: the operator confirmed something else.
    assert refused_with(storage, answer(first.container)) is AcknowledgementFault.SIGN
    third = other.close_shift(b"", START)
    assert refused_with(storage, answer(third.container)) is AcknowledgementFault.DOCUMENT_NUMBER
    changed = bytearray(good)
    changed[-1 - 10] ^= 1  # code 0 becomes 1
    assert refused_with(storage, resealed(changed).pack()) is AcknowledgementFault.SIGN
    renamed = bytearray(good)
    renamed[32 + 4 + 4] ^= 1  # first digit of the operator's ИНН, which only the message sign covers
    assert refused_with(storage, resealed(renamed).pack()) is AcknowledgementFault.SIGN
    assert storage.accept_acknowledgement(good).fd == 2
    assert not storage.undelivered


def test_an_acknowledgement_for_another_storage_is_reason_4():
    storage = registered()
    container = Container.parse(registered_elsewhere())
    data = make_acknowledgement(container, operator_inn=OFD, code=0, local_time=START)
    assert refused_with(storage, data) is AcknowledgementFault.STORAGE_NUMBER


def registered_elsewhere() -> bytes:
    from openkassa.fiscal.fn import FiscalStorage
    from openkassa.fiscal.fn.state import State

    storage = FiscalStorage(State(fn="9999000000000001"))
    return storage.register(registration(), SERIAL, b"", START).container


def test_an_answer_is_never_acknowledged():
    data = answer(registered_elsewhere())
    with pytest.raises(ValueError, match="fiscal storage"):
        answer(data)


@given(st.binary(max_size=200))
def test_any_bytes_as_an_acknowledgement_are_refused(data):
    refused_with(registered(), data)
