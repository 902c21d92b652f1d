"""The data behind a study: by name from the registry, and in truth from what lies among the results."""

import pytest
from invented import invented

from xstilts.files import write_digest, write_json
from xstilts.report.data import MINIATURE, data_of
from xstilts.tasks import SUITES
from xstilts.tasks.release import releases


def spec_of(recipes, targets=("xnli",), world="real"):
    spec = invented(recipes={"none": "", **recipes}, targets=targets, seeds=(1,), bases=("xlmr",)).spec
    return spec.model_copy(update={"world": world})


def tasks_of(found):
    return {one.title: one.tasks for one in found}


def title(release):
    return releases()[release].title


def place(results, node, *parts):
    write_json(results / "checkpoints" / node / "training.json", {"spec": {"stage": {"parts": list(parts)}}})
    write_digest(results / "checkpoints" / node / "digest", "c0ffee")


def part(task, variant="", data=None, languages=("en",)):
    data = data or task
    return {"task": task, "variant": variant, "format": "classification", "data": data, "dev": data,
            "languages": list(languages)}  # fmt: skip


def records(results, data, split, **source):
    write_json(results / "records" / data / f"{split}.json", {"spec": {"source": source}})


def test_recipes_and_targets_say_what_is_read():
    found = tasks_of(data_of(spec_of({"anli": "anli", "qa": "squad"}, ("xnli", "xquad"))))
    assert found == {
        title("mnli"): ("xnli", "anli"), title("squad_v1"): ("xquad", "squad"), title("snli"): ("anli",),
        title("anli"): ("anli",), title("xnli"): ("xnli",), title("xquad"): ("xquad",),
    }  # fmt: skip


def test_licences_and_citations_are_the_registrys():
    found = {one.title: one for one in data_of(spec_of({"anli": "anli"}))}
    for release in ("snli", "mnli", "anli", "xnli"):
        known, told = releases()[release], found[title(release)]
        assert (told.url, told.licence, told.citation) == (known.url, known.licence, known.citation)
        assert told.noncommercial == known.noncommercial
    assert found[title("anli")].noncommercial and not found[title("snli")].noncommercial


def test_a_variant_reads_its_own_release_and_english_dev():
    found = tasks_of(data_of(spec_of({"de": "mnli@mt-de"}, ("tatoeba",))))
    assert found == {
        title("xnli_mt"): ("mnli@mt-de",), title("mnli"): ("mnli@mt-de",), title("tatoeba"): ("tatoeba",)
    }  # fmt: skip


def test_options_and_mixtures_change_nothing_of_it():
    plain = tasks_of(data_of(spec_of({"both": "mnli/squad"})))
    assert tasks_of(data_of(spec_of({"both": "mnli+squad~lr=5e-6"}))) == plain


def test_a_benchmark_reads_a_release_for_each_of_its_targets():
    found = tasks_of(data_of(spec_of({}, SUITES["xtreme"])))
    for target in SUITES["xtreme"]:
        assert any(target in tasks for tasks in found.values()), target


def test_text_for_masked_language_modelling_is_data_too():
    assert title("wikipedia") in tasks_of(data_of(spec_of({"text": "mlm+mnli"})))


def test_records_say_what_the_world_chose(tmp_path):
    chosen = {"source": "files", "parts": [{"release": "snli"}, {"release": "snli"}]}
    for split in ("train", "dev"):
        records(tmp_path, "anli", split, **chosen)
    found = tasks_of(data_of(spec_of({"anli": "anli"}), tmp_path))
    assert found[title("snli")] == ("anli",)
    assert title("anli") not in found and found[title("mnli")] == ("xnli",)


def test_an_alias_is_known_once_something_was_trained_for_it(tmp_path):
    spec = spec_of({"all": "all2"})
    assert "squad" not in str(data_of(spec, tmp_path))
    place(tmp_path, "xlmr/s1/all2", part("mnli"), part("squad"))
    found = tasks_of(data_of(spec, tmp_path))
    assert found[title("squad_v1")] == ("squad",) and found[title("mnli")] == ("xnli", "mnli")


def test_a_base_that_was_pretrained_here_counts(tmp_path):
    place(tmp_path, "xlmr", part("mlm", languages=("en", "de")))
    assert tasks_of(data_of(spec_of({}), tmp_path))[title("wikipedia")] == ("mlm",)


def test_a_generated_world_has_one_entry_of_nobody_elses(tmp_path):
    for results in (None, tmp_path):
        (one,) = data_of(spec_of({"mnli": "mnli"}, ("xnli", "tatoeba"), world="mini"), results)
        assert one.title == MINIATURE and not one.noncommercial
        assert set(one.tasks) == {"mnli", "xnli", "tatoeba"}


def test_records_say_that_a_world_of_any_name_is_generated(tmp_path):
    spec = spec_of({"mnli": "mnli"}, world="mine")
    for data, split in (("mnli", "train"), ("mnli", "dev"), ("xnli", "test")):
        records(tmp_path, data, split, source="miniature", maker="nli")
    assert [one.title for one in data_of(spec, tmp_path)] == [MINIATURE]
    (tmp_path / "other").mkdir()
    records(tmp_path / "other", "xnli", "test", source="miniature", maker="nli")
    assert [one.title for one in data_of(spec, tmp_path / "other")] == [MINIATURE, title("mnli")], "some of it is"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"spec": {}}'])
def test_records_that_are_torn_say_nothing(text, tmp_path):
    spec = spec_of({"mnli": "mnli"})
    (tmp_path / "records" / "mnli").mkdir(parents=True)
    (tmp_path / "records" / "mnli" / "train.json").write_text(text)
    assert data_of(spec, tmp_path) == data_of(spec)
