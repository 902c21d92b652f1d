"""Whatever happens to the bytes of a file, it gives records or a message: no other error, and no half-written file."""

import bz2
import gzip
import json
import lzma
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from reading import DATA, put_hub, source, written

from xstilts.errors import UserError
from xstilts.sources import Source
from xstilts.sources.find import files_of
from xstilts.tasks import get

# All of tests/data: task, split and languages, for each kind of file.
SOURCES = (
    """
anli dev en|anli train en|bucc test zh|ccg dev en|ccg train en|cosmosqa dev en|csqa dev en|hellaswag dev en
hellaswag train de|lareqa test en zh|mewslix test de tr en|mlm train en sw|mlqa test de|mlqa-cross test de-en
mnli dev en|mnli train sw|panx test de vi zh|panx train en|pawsx dev de|pawsx test de en ja|qqp dev en|siqa dev en
squad dev en|squad2 dev en|tatoeba test de th|tydiqa test en sw bn te|tydiqa train en|udpos test es it fr de en fa vi
udpos test hi|uner test de|xcopa dev en|xcopa test et|xnli dev sw|xnli test en sw zh ar|xquad test en zh th vi
""".strip()
    .replace("\n", "|")
    .split("|")
)

PLACE = st.floats(0, 1, exclude_max=True)
PIECES = [b'"', b"\t", b"\n", b"\r\n", b",", b"\\", b"{", b"]", b"null", b"-1", b"1e9", b"[]", b"\0", b"\xff", b"\xe9"]
PIECES += [b"\\ud800", b"\xed\xa0\x80", b"\xef\xbb\xbf", "\u2028".encode(), b"_", b"-", b".", b"9" * 30, b" ", b": "]
DAMAGE = st.one_of(
    st.tuples(st.just("flip"), PLACE, st.binary(min_size=1, max_size=1)),
    st.tuples(st.just("insert"), PLACE, st.sampled_from(PIECES) | st.binary(min_size=1, max_size=4)),
    st.tuples(st.just("replace"), PLACE, st.sampled_from(PIECES)),
    st.tuples(st.just("remove"), PLACE, st.integers(1, 40)),
    st.tuples(st.just("cut"), PLACE, st.none()),
    st.tuples(st.just("repeat line"), PLACE, PLACE),
    st.tuples(st.just("remove line"), PLACE, st.none()),
)


def damaged(content: bytes, kind: str, place: float, detail) -> bytes:
    at = int(place * len(content))
    if kind == "flip":
        return content[:at] + detail + content[at + 1 :]
    if kind == "insert":
        return content[:at] + detail + content[at:]
    if kind == "replace":
        return content[:at] + detail + content[at + len(detail) :]
    if kind == "remove":
        return content[:at] + content[at + detail :]
    if kind == "cut":
        return content[:at]
    lines = content.splitlines(keepends=True) or [b""]
    chosen = int(place * len(lines))
    if kind == "remove line":
        return b"".join(lines[:chosen] + lines[chosen + 1 :])
    lines.insert(int(detail * len(lines)), lines[chosen])
    return b"".join(lines)


def records_or_a_message(read, folder: Path) -> None:
    try:
        counts = written(read, folder / "test.parquet").rows
    except UserError as error:
        assert str(error) and list(folder.iterdir()) == []
    else:
        assert pq.read_metadata(folder / "test.parquet").num_rows == counts.total() > 0
        assert [path.name for path in folder.iterdir()] == ["test.parquet"]
        (folder / "test.parquet").unlink()


@contextmanager
def another(path: Path, content: bytes | list) -> Iterator[None]:
    """The file with another content, or with some damage done to its own."""
    whole = path.read_bytes()
    path.write_bytes(content if isinstance(content, bytes) else reduce(lambda c, one: damaged(c, *one), content, whole))
    try:
        yield
    finally:
        path.write_bytes(whole)


def copied(tmp_path: Path, asked: str) -> Source:
    """A source of copies, which are made once."""
    task, split, languages = asked.split(" ", 2)
    for home in {release.home for code in languages.split() for release in get(task).releases_of(split, code)}:
        if not (tmp_path / home).exists():
            shutil.copytree(DATA / home, tmp_path / home)
    return source(task, split, languages, tmp_path)


def files(read: Source) -> list[Path]:
    return sorted({path for origin in read.origins for path in files_of(origin)})


def fuzz(changes):
    """Few examples, always the same: a fence against what was mended once, and no search."""
    health = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]
    some = settings(max_examples=40, derandomize=True, suppress_health_check=health, database=None)
    return lambda test: some(given(change=changes)(test))


@pytest.mark.parametrize("asked", SOURCES)
@fuzz(st.tuples(PLACE, st.lists(DAMAGE, min_size=1, max_size=3)))
def test_bytes_of_files_as_they_were_published(tmp_path, asked, change):
    read = copied(tmp_path, asked)
    with another(files(read)[int(change[0] * len(files(read)))], change[1]):
        records_or_a_message(read, tmp_path / "out")


@pytest.mark.parametrize("pack", [gzip, bz2, lzma], ids=lambda pack: pack.__name__)
@fuzz(st.lists(DAMAGE, min_size=1, max_size=2))
def test_bytes_of_packed_files(tmp_path, pack, change):
    name = {gzip: "gz", bz2: "bz2", lzma: "xz"}[pack]
    for asked, file in (("mnli dev en", "multinli_1.0_dev_matched.jsonl"), ("squad dev en", "dev-v1.1.json")):
        task, split, language = asked.split()
        path = tmp_path / f"{file}.{name}"
        path.write_bytes(pack.compress(next(DATA.rglob(file)).read_bytes()))
        with another(path, change):
            records_or_a_message(source(task, split, language, tmp_path), tmp_path / "out")


# Values of wrong types ----------------------------------------------------------------------------------------------
ODD = st.sampled_from([None, True, -1, 7, 2.5, 10**12, "", "x", "\ud800", [], ["x"], [None], [[1]], {}, {"text": 1}])


def changed(value, place: float, odd):
    """A copy in which one value, whichever stands at that place among all, is another one."""
    count = 0

    def nodes(one) -> int:
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        return 1 + sum(map(nodes, inner))

    def walk(one):
        nonlocal count
        count += 1
        if count == target:
            return odd
        if isinstance(one, dict):
            return {key: walk(inner) for key, inner in one.items()}
        return [walk(inner) for inner in one] if isinstance(one, list) else one

    target = 2 + int(place * (nodes(value) - 1))
    return walk(value)


JSON = (
    """
csqa dev en|hellaswag dev en|lareqa test zh|mewslix test de|mlqa test de|mnli dev en|siqa dev en
squad2 dev en|tydiqa test en|xcopa test et|xquad test zh
""".strip()
    .replace("\n", "|")
    .split("|")
)


@pytest.mark.parametrize("asked", JSON)
@fuzz(st.tuples(PLACE, PLACE, ODD))
def test_values_of_json_that_are_of_another_type(tmp_path, asked, change):
    read = copied(tmp_path, asked)
    for path in files(read)[int(change[0] * len(files(read))) :][:1]:
        if path.suffix == ".json":
            text = json.dumps(changed(json.loads(path.read_text("utf-8")), *change[1:]))
        else:
            lines = path.read_text("utf-8").splitlines()
            lines[0] = json.dumps(changed(json.loads(lines[0]), *change[1:]))
            text = "\n".join(lines)
        with another(path, text.encode()):
            records_or_a_message(read, tmp_path / "out")


ROWS = {
    "xnli test de|xnli|de/test-0.parquet": {"premise": "a", "hypothesis": "b", "label": 1},
    "panx test de|panx|PAN-X.de/test-0.parquet": {"tokens": ["Ada"], "ner_tags": [1]},
    "xquad test de|xquad|xquad.de/validation-0.parquet": {
        **{"id": "q", "question": "?", "context": "In 1871."},
        "answers": {"text": ["1871"], "answer_start": [3]},
    },
    "csqa dev en|commonsenseqa|default/validation-0.parquet": {
        **{"id": "q", "question": "?", "answerKey": "A"},
        "choices": {"label": ["A", "B"], "text": ["a", "b"]},
    },
    "tatoeba test de|tatoeba|tatoeba.deu/validation-0.parquet": {"source_sentence": "a", "target_sentence": "b"},
    "mlm train sw|wikipedia|20231101.sw/train-0.parquet": {"text": "a" * 200},
}


@pytest.mark.parametrize("asked", ROWS)
@fuzz(st.tuples(PLACE, ODD))
def test_values_of_parquet_that_are_of_another_type(tmp_path, asked, change):
    (task, split, language), release, file = asked.split("|")[0].split(), *asked.split("|")[1:]
    classes = {"xnli": {"label": ["entailment", "neutral"]}, "panx": {"ner_tags": ["O", "B-PER"]}}.get(task, {})
    row = changed(ROWS[asked], *change)
    try:
        put_hub(tmp_path, release, file, [row], **classes)
    except (pa.ArrowException, UnicodeEncodeError, AttributeError):
        assume(False)  # Arrow itself can't hold it
    records_or_a_message(source(task, split, language, tmp_path, hub=True), tmp_path / "out")


@pytest.mark.parametrize("asked", list(ROWS)[:2])
@fuzz(st.lists(DAMAGE, min_size=1, max_size=2))
def test_bytes_of_parquet(tmp_path, asked, change):
    (task, split, language), release, file = asked.split("|")[0].split(), *asked.split("|")[1:]
    put_hub(tmp_path, release, file, [ROWS[asked]] * 3)
    with another(tmp_path / release / "hub" / file, change):
        records_or_a_message(source(task, split, language, tmp_path, hub=True), tmp_path / "out")
