"""Whatever a task says, it is made or refused: no other error, and a refusal leaves the storage as it was."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.device.device_process import registration, task_id
from tests.fiscal.fn.fn_samples import SERIAL, START, fields, new_storage, open_storage

from openkassa.device import kkt
from openkassa.fiscal import driver
from openkassa.fiscal.fn import StorageError

UTC = START - 3 * 3600
numbers = st.one_of(st.integers(0, 300), st.integers(-(2**63), 2**64 - 1))
contents = st.one_of(st.binary(max_size=40), st.just(b"\x07\x04\x02\x00\xe8\x03"))
ids = st.just("00" * 15 + "01")
texts = st.text(max_size=20)
tasks = st.one_of(
    st.builds(
        driver.MakeReceipt,
        id=ids,
        form=st.one_of(st.sampled_from([3, 31]), numbers),
        operation=st.one_of(st.just(1), numbers),
        total=numbers,
        content=contents,
        local_time=st.none() | numbers,
    ),
    st.builds(driver.OpenShift, id=ids, content=contents),
    st.builds(driver.CloseShift, id=ids, content=contents),
    st.builds(driver.ReportSettlements, id=ids, content=contents),
    st.builds(driver.CloseStorage, id=ids, content=contents),
    st.builds(
        driver.Register,
        id=ids,
        rnm=texts | st.just(registration().rnm),
        inn=texts | st.just(registration().inn),
        taxation=numbers,
        ffd=numbers,
        utc_offset=numbers,
        content=contents,
        reasons=st.none() | numbers,
        mode=numbers,
    ),
)


@settings(max_examples=300, deadline=None)
@given(tasks, st.booleans())
def test_any_task_is_made_or_refused(task, is_open):
    storage = open_storage() if is_open else new_storage()
    before = msgspec.msgpack.encode(storage.snapshot())
    try:
        made = kkt.perform(storage, task, SERIAL, UTC + 60)
    except StorageError:
        assert msgspec.msgpack.encode(storage.snapshot()) == before
    else:
        assert storage.state.fd == made.fd


def test_the_register_adds_what_it_knows_of_itself():
    storage = new_storage()
    bare = msgspec.structs.replace(registration(), content=b"")
    report = dict(fields(kkt.perform(storage, bare, SERIAL, UTC).container))
    assert (report[1013], report[1188], report[1189]) == (SERIAL, kkt.MODEL_VERSION, 4)
    opening = dict(fields(kkt.perform(storage, driver.OpenShift(id=task_id()), SERIAL, UTC).container))
    assert (opening[1188], opening[1189]) == (kkt.MODEL_VERSION, 4)


def test_tags_that_the_content_has_are_not_added():
    storage = new_storage()
    pairs = fields(kkt.perform(storage, registration(), SERIAL, UTC).container)
    tags = [tag for tag, _ in pairs]
    assert len(tags) == len(set(tags))
