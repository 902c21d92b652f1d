"""Preparing a file ten times as large takes the same memory: rows are read, checked and written as they come."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reading import ROOT, source

STATUS = Path("/proc/self/status")
PROGRAM = """
import runpy, sys
from pathlib import Path
program, *sys.argv[1:] = sys.argv[1:]
runpy.run_path(program, run_name="__main__")
print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))
"""


def pairs(file, count):
    for i in range(count):
        row = {"sentence1": f"Boat number {i} left the harbour of Skarn at dawn with nine people and a dog on board."}
        row |= {"sentence2": f"Boat number {i} carried {i % 90} people.", "gold_label": "neutral", "pairID": f"{i}n"}
        file.write(json.dumps(row) + "\n")


def tabs(file, count):
    for i in range(count):
        file.write(f"Mashua namba {i} iliondoka bandarini alfajiri na watu tisa.\tMashua {i} ilibaki.\tneutral\n")


def questions(file, count):
    """Ten to a paragraph, a thousand to an article."""
    file.write('{"version": "1.1", "data": [')
    for start in range(0, count, 1000):
        paragraphs = []
        for i in range(start, start + 1000, 10):
            context = (
                f"Boat number {i} left the harbour of Skarn at dawn. " + "The sea was calm and the wind was low. " * 15
            )
            asked = {
                "question": f"When did boat {i} leave?",
                "answers": [{"text": "dawn", "answer_start": context.index("dawn")}],
            }
            paragraphs.append({"context": context, "qas": [{"id": f"q{i + j}", **asked} for j in range(10)]})
        file.write(("," if start else "") + json.dumps({"title": f"Boats {start}", "paragraphs": paragraphs}))
    file.write("]}")


def sentences(file, count):
    for i in range(count):
        for number, (form, tag, head) in enumerate(
            (("Boote", "NOUN", 2), ("warten", "VERB", 0), (str(i), "NUM", 2)), 1
        ):
            file.write(f"{number}\t{form}\t_\t{tag}\t_\t_\t{head}\t_\t_\t_\n")
        file.write("\n")


def passages(file, count):
    for i in range(count):
        file.write(f"Boat number {i} left the harbour of Skarn at dawn with nine people and a dog on board.\n")


def cells(file, count):
    """A column over two lines in every row."""
    writer = csv.writer(file)
    writer.writerow(["id", "context", "question", *(f"answer{k}" for k in range(4)), "label"])
    for i in range(count):
        context = f"Boat number {i} left the harbour of Skarn at dawn.\nThe sea was calm, and the wind was low."
        writer.writerow([f"c{i}", context, "Why did it leave?", "Tide.", "Wind.", "Rain.", "None.", i % 4])


def columns(file, count):
    """Row groups of 10,000, with classes as the `datasets` library writes them."""
    feature = {"names": ["entailment", "neutral", "contradiction"], "_type": "ClassLabel"}
    kinds = [("premise", pa.string()), ("hypothesis", pa.string()), ("label", pa.int64())]
    schema = pa.schema(kinds, {"huggingface": json.dumps({"info": {"features": {"label": feature}}})})
    with pq.ParquetWriter(file.name, schema) as writer:
        for start in range(0, count, 10_000):
            numbers = range(start, min(start + 10_000, count))
            said = [f"Boat number {i} left the harbour of Skarn at dawn with nine people on board." for i in numbers]
            columns = [said, [f"Boat {i} stayed." for i in numbers], [i % 3 for i in numbers]]
            writer.write_table(pa.Table.from_arrays([pa.array(one) for one in columns], schema=schema))


# What is written, under which name, and how it is read.
FILES = {
    "plain text": (passages, "sw.txt", "mlm", "train", "sw"),
    "CSV": (cells, "valid.csv", "cosmosqa", "dev", "en"),
    "Parquet": (columns, "mnli/hub/mnli/validation_matched-00000.parquet", "mnli", "dev", "en"),
    "JSON lines": (pairs, "multinli_1.0_dev_matched.jsonl", "mnli", "dev", "en"),
    "tabs": (tabs, "test-sw.tsv", "xnli", "test", "sw"),
    "one JSON": (questions, "dev-v1.1.json", "squad", "dev", "en"),
    "CoNLL-U": (sentences, "de_gsd-ud-test.conllu", "udpos", "test", "de"),
}


def peak(tmp_path, name, count) -> int:
    """Kilobytes that the program takes at most to read a file of so many rows."""
    write, file, task, split, language = FILES[name]
    folder = tmp_path / str(count)
    (folder / file).parent.mkdir(parents=True)
    with (folder / file).open("w", encoding="utf-8") as opened:
        write(opened, count)
    return taken(folder, task, split, language, count)


def taken(folder, task, split, language, rows) -> int:
    """Kilobytes that the program takes at most."""
    spec = source(task, split, language, folder, hub=(folder / task / "hub").is_dir()).spec
    arguments = ["--spec", spec.text(), "--out", folder / "out"]
    command = [sys.executable, "-c", PROGRAM, ROOT / "scripts/prepare.py", *arguments]
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr
    assert json.loads((folder / "out.json").read_text("utf-8"))["rows"] == {language: rows}
    return int(ended.stdout)


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.exists(), reason="the peak of a process is read from /proc")
@pytest.mark.parametrize("name", FILES)
def test_ten_times_the_rows_take_the_same_memory(tmp_path, name):
    small, large = (peak(tmp_path, name, count) for count in (20_000, 200_000))
    print(f"{name}: {small / 1024:.0f} MB for 20,000 rows, {large / 1024:.0f} MB for 200,000")
    assert large < 1.2 * small


def comparable(folder, count):
    """BUCC's three files: so many sentences on either side, of which a hundredth are pairs."""
    folder.mkdir()
    for suffix in ("de", "en"):
        said = (f"{suffix}-{i:09}\tBoat number {i} left the harbour of Skarn at dawn.\n" for i in range(count))
        (folder / f"de-en.training.{suffix}").write_text("".join(said), encoding="utf-8")
    pairs = (f"de-{i:09}\ten-{i:09}\n" for i in range(0, count, 100))
    (folder / "de-en.training.gold").write_text("".join(pairs), encoding="utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.exists(), reason="the peak of a process is read from /proc")
def test_sentences_to_mine_are_not_held_in_memory(tmp_path):
    """The gold pairs are, by design, since a sentence names its translation: some thousands."""
    small, large = (
        taken(comparable(tmp_path / str(count), count), "bucc", "test", "de", 2 * count) for count in (10_000, 100_000)
    )
    print(f"BUCC: {small / 1024:.0f} MB for 10,000 sentences a side, {large / 1024:.0f} MB for 100,000")
    assert large < 1.2 * small
