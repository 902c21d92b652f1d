"""Answers on disk: an evaluation goes on where it was killed, and trusts nothing that is not what was written."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.engine.answers import Answers, Kept, opened
from xstilts.engine.inference import Asking
from xstilts.features import Features
from xstilts.formats.base import Batch, Special
from xstilts.formats.encoding import Encoding
from xstilts.formats.retrieval import tensors

SPECIAL = Special(pad=1, mask=2, vocabulary=99, ids=(0, 1))
LENGTHS = [5, 9, 3, 7, 7, 12, 4, 6, 8, 2, 11, 10]
BUDGET = 20


class KilledError(Exception):
    """Stands for the end of a process."""


class Teller:
    """Stands for a format: what is said of a sequence follows from its number. It notes what it is asked."""

    def __init__(self, killed_at=None):
        self.asked, self.killed_at = [], killed_at

    def collate(self, features, items, special, draw):
        return Batch(torch.zeros(1), torch.zeros(1), {}, features.column("row")[items])

    def infer(self, model, batch, encoding):
        if len(self.asked) == self.killed_at:
            raise KilledError
        self.asked.append(batch.rows.tolist())
        rows = torch.from_numpy(batch.rows)
        vectors = tensors([rows[:, None] * 10.0 + torch.arange(3), rows[:, None] * -1.0 + torch.zeros(1, 3)])
        lists = pa.array([list(range(row)) for row in batch.rows.tolist()], pa.list_(pa.int32()))
        return pa.record_batch({"number": pa.array(batch.rows), "vectors": vectors, "list": lists})


@pytest.fixture(scope="module")
def features():
    rows = np.arange(len(LENGTHS), dtype=np.int32)
    ids = pa.array([np.zeros(length, np.int32) for length in LENGTHS])
    return Features(pa.table({"row": rows, "item": rows, "input_ids": ids}))


def ask(features, answers, killed_at=None, items=None):
    """What is said of all items, and in how many batches it was asked; None for what was never said."""
    form = Teller(killed_at)
    asking = Asking(SimpleNamespace(device="cpu"), form, Encoding(8), packed=False, budget=BUDGET)
    items = np.arange(len(features)) if items is None else items
    try:
        return asking.ask(features, items, SPECIAL, answers), form.asked
    except KilledError:
        return None, form.asked


def parts(folder):
    return sorted(folder.glob("*.arrow"))


def test_answers_come_in_the_order_of_the_file(features):
    said, asked = ask(features, Answers())
    assert len(asked) > 3 and [row for rows in asked for row in rows] != list(range(len(LENGTHS)))
    assert said["number"].to_pylist() == list(range(len(LENGTHS)))
    assert "sequence" not in said.column_names
    some, _ = ask(features, Answers(), items=np.array([7, 2, 9]))
    assert some["number"].to_pylist() == [2, 7, 9]


@settings(max_examples=30)
@given(data=st.data())
def test_what_was_written_is_not_asked_again(features, tmp_path_factory, data):
    """However often it is killed, and wherever."""
    folder = tmp_path_factory.mktemp("state") / "answers"
    wanted, batches = ask(features, Answers())
    done = 0
    for _ in range(data.draw(st.integers(0, 3))):
        more = data.draw(st.integers(0, len(batches) - done - 1))
        said, asked = ask(features, Answers(folder, pause=0), killed_at=more)
        assert said is None and asked == batches[done : done + more]
        done += more
    said, asked = ask(features, Answers(folder, pause=0))
    assert asked == batches[done:]
    assert said.equals(wanted)
    assert len(parts(folder)) == len(batches)


def test_what_was_not_written_yet_is_asked_again(features, tmp_path):
    """A kill costs the work of a pause."""
    answers = Answers(tmp_path / "state", pause=3600)
    ask(features, answers, killed_at=2)
    assert not (tmp_path / "state").exists()
    answers.save()
    answers.save()
    assert len(parts(tmp_path / "state")) == 1, "nothing new is no part"
    _, asked = ask(features, answers, killed_at=1)
    again = Answers(tmp_path / "state", pause=3600)
    assert len(asked) == 1 and again.batches == 2


def test_a_part_may_hold_many_batches(features, tmp_path):
    answers, folder = Answers(tmp_path / "state", pause=3600), tmp_path / "state"
    ask(features, answers, killed_at=2)
    answers.save()
    _, first = ask(features, answers, killed_at=1)
    answers.save()
    assert [path.name[:13] for path in parts(folder)] == ["000000-000002", "000002-000003"]
    wanted, batches = ask(features, Answers())
    said, asked = ask(features, Answers(folder))
    assert first == batches[2:3] and asked == batches[3:] and said.equals(wanted)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def tear(path):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path):
    path.write_bytes(b"")


def rename(path):
    path.rename(path.with_name(path.name[:14] + "0" * 16 + ".arrow"))


@pytest.mark.parametrize("damage", [flip, tear, empty, rename, lambda path: path.unlink()])
@pytest.mark.parametrize("number", [0, 2])
def test_a_damaged_part_and_what_follows_are_asked_again(damage, number, features, tmp_path, caplog):
    folder = tmp_path / "state"
    wanted, batches = ask(features, Answers(folder, pause=0))
    lost = parts(folder)[number]
    damage(lost)
    gone = not parts(folder)[number].name.startswith(f"{number:06d}")
    said, asked = ask(features, Answers(folder, pause=0), killed_at=2)
    assert said is None and asked == batches[number : number + 2]
    assert ("is damaged: what it held is asked for again" in caplog.text) == (not gone)
    # What has been asked again is kept in its turn, whatever still lies there.
    said, asked = ask(features, Answers(folder, pause=0))
    assert not set(map(tuple, asked)) & set(map(tuple, batches[: number + 2]))
    assert said.equals(wanted)


def test_drafts_of_a_killed_write_do_not_count(features, tmp_path):
    folder = tmp_path / "state"
    ask(features, Answers(folder, pause=0), killed_at=2)
    (folder / ".000002-000003-0123456789abcdef.arrow.77.draft").write_bytes(b"half")
    assert Answers(folder).batches == 2


def test_another_key_is_another_folder(features, tmp_path):
    """Of another checkpoint, other data or another budget nothing is gone on from."""
    ask(features, Kept(tmp_path, "one", 0).answers("test-000"), killed_at=3)
    Kept(tmp_path, "one", 0).finish("dev-000", pa.table({"id": ["a"]}))
    assert Kept(tmp_path, "one", 0).answers("test-000").batches == 3
    other = Kept(tmp_path, "other", 0)
    assert other.answers("test-000").batches == 0 and other.done("dev-000") is None
    assert Kept(tmp_path, "one", 0).answers("test-001").batches == 0
    assert Kept(tmp_path, "one", 0).done("dev-001") is None


def test_a_finished_group_is_kept_without_what_it_was_made_of(features, tmp_path):
    kept = Kept(tmp_path, "one", 0)
    said, _ = ask(features, kept.answers("test-000"))
    ask(features, kept.answers("test-001"), killed_at=2)
    assert kept.done("test-000") is None
    kept.finish("test-000", said.select(["number", "list"]))
    again = Kept(tmp_path, "one", 0)
    assert again.done("test-000").equals(said.select(["number", "list"]))
    assert again.answers("test-000").batches == 0 and again.answers("test-001").batches == 2
    (path,) = again.folder.glob("*.arrow")
    tear(path)
    assert again.done("test-000") is None


def test_nothing_is_left_in_the_end(features, tmp_path):
    root = tmp_path / "states" / "node"
    for key in ("one", "other"):
        ask(features, Kept(root, key, 0).answers("test-000"), killed_at=2)
    assert len(list(root.iterdir())) == 2
    Kept(root, "one", 0).clear()
    assert not root.exists() and root.parent.exists()
    Kept(root, "one", 0).clear()


def test_without_a_folder_nothing_is_written(features, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kept = Kept(None, "one", pause=0)
    answers = kept.answers("test-000")
    ask(features, answers, killed_at=2)
    said, asked = ask(features, answers)
    assert answers.batches == len(asked) + 2, "what is in memory is gone on from"
    kept.finish("test-000", said)
    kept.clear()
    assert kept.done("test-000") is None and not list(tmp_path.iterdir())


def test_tensors_keep_their_shape_and_their_numbers(features, tmp_path):
    folder = tmp_path / "state"
    ask(features, Answers(folder, pause=0))
    (said, asked) = ask(features, Answers(folder, pause=0))
    assert asked == []
    column = said["vectors"]
    assert column.type == pa.fixed_shape_tensor(pa.float32(), (2, 3))
    numbers = np.arange(len(LENGTHS))[:, None]
    found = column.combine_chunks().to_numpy_ndarray()
    np.testing.assert_array_equal(found, np.stack([10.0 * numbers + np.arange(3), -1.0 * numbers + [0, 0, 0]], axis=1))


def test_what_is_written_takes_no_memory(tmp_path):
    """Parts are mapped: a whole BUCC of vectors would not fit."""
    answers, rows = Answers(tmp_path / "state", pause=3600), 1000
    vectors = tensors([torch.randn(rows, 1024)])
    before = pa.total_allocated_bytes()
    said = pa.record_batch({"vectors": pa.concat_arrays([vectors, vectors])})
    answers.add(said, np.arange(2 * rows))
    del said
    assert pa.total_allocated_bytes() - before >= 8 * 10**6
    answers.save()
    assert pa.total_allocated_bytes() - before < 10**6
    (path,) = parts(tmp_path / "state")
    table = opened(path)
    assert pa.total_allocated_bytes() - before < 10**6
    assert table["vectors"].slice(rows).combine_chunks().storage.equals(vectors.storage)
