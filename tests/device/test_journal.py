"""The journal: what was synced is always there again, what was half written is cut, damage is not taken for either."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fiscal.fn.fn_samples import FN, SERIAL, START, open_storage, receipt_content

from openkassa.device.index import Index
from openkassa.device.journal import Confirmed, Journal, JournalDamaged, Opened, Recorded

OPENED = Opened(FN, SERIAL, 410, 1000, 1000)


def records(count: int) -> list[Recorded]:
    storage = open_storage()
    content = receipt_content(100)
    return [Recorded(os.urandom(16), 1, 1, storage.receipt(3, 1, 100, content, START)) for _ in range(count)]


SAMPLES = records(3)


def new_journal(directory) -> Journal:
    journal = Journal.create(directory / "j.journal", OPENED)
    assert [record for _, record in journal.replay()] == [OPENED]
    return journal


def reread(journal: Journal) -> list:
    journal.close()
    again = Journal(journal.path)
    found = [record for _, record in again.replay()]
    again.close()
    return found


def test_records_are_found_again_by_offset_and_in_order(tmp_path):
    journal = new_journal(tmp_path)
    confirmed = Confirmed(3, 14, 77, b"container")
    offsets = journal.append([*SAMPLES, confirmed])
    journal.sync()
    assert [journal.read(offset) for offset in offsets] == [*SAMPLES, confirmed]
    assert reread(journal) == [OPENED, *SAMPLES, confirmed]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_file_cut_anywhere_keeps_its_whole_records(tmp_path_factory, data):
    journal = new_journal(tmp_path_factory.mktemp("journal"))
    offsets = [*journal.append(SAMPLES), journal.size]
    end = data.draw(st.integers(offsets[0], offsets[-1]))
    os.truncate(journal.path, end)
    whole = sum(offset <= end for offset in offsets[1:])
    assert reread(journal) == [OPENED, *SAMPLES[:whole]]
    assert journal.path.stat().st_size == offsets[whole]


def test_writing_goes_on_after_a_torn_tail(tmp_path):
    journal = new_journal(tmp_path)
    journal.append_torn(SAMPLES)
    journal.close()
    again = Journal(journal.path)
    kept = [record for _, record in again.replay()][1:]
    assert len(kept) < len(SAMPLES)
    again.append(SAMPLES[len(kept) :])
    assert reread(again) == [OPENED, *SAMPLES]


def damage(path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def test_a_tail_that_was_never_synced_is_cut_even_with_whole_records_behind_the_break(tmp_path):
    journal = new_journal(tmp_path)
    offsets = journal.append(SAMPLES)
    damage(journal.path, offsets[1] + 60)
    assert reread(journal) == [OPENED, SAMPLES[0]]


def test_damage_before_synced_bytes_is_refused_and_nothing_is_cut(tmp_path):
    journal = new_journal(tmp_path)
    offsets = []
    for record in SAMPLES:
        offsets += journal.append([record])
        journal.sync()
    damage(journal.path, offsets[1] + 60)
    size = journal.path.stat().st_size
    with pytest.raises(JournalDamaged):
        reread(journal)
    assert journal.path.stat().st_size == size


def test_a_changed_record_is_not_given_out(tmp_path):
    journal = new_journal(tmp_path)
    (offset,) = journal.append(SAMPLES[:1])
    damage(journal.path, offset + 60)
    with pytest.raises(JournalDamaged):
        journal.read(offset)
    with pytest.raises(JournalDamaged):
        journal.read(journal.size)


def test_another_file_is_not_a_journal(tmp_path):
    path = tmp_path / "x.journal"
    path.write_bytes(b"something else entirely")
    with pytest.raises(JournalDamaged):
        list(Journal(path).replay())


def test_the_index_survives_packing_and_knows_documents_without_answer_of_their_own():
    index = Index()
    index.add_document(10, b"a" * 16)
    index.add_document(20, None)
    index.add_document(30, b"c" * 16)
    index.add_confirmation(2, 40)
    again = Index(*index.pack())
    for i in (index, again):
        assert (i.last_fd, i.last_confirmed) == (3, 2)
        assert (i.task(b"a" * 16), i.task(b"c" * 16), i.task(bytes(16))) == (1, 3, None)
        assert [i.document(fd) for fd in range(5)] == [None, 10, 20, 30, None]
        assert [i.confirmation(fd) for fd in range(4)] == [None, None, 40, None]
