"""config/claims.yaml: what may stand there, and what is said of what may not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from xstilts.config.claims import Claim, Entry, open_claims
from xstilts.config.problems import Problems
from xstilts.config.schema import schemas
from xstilts.config.tree import Tree
from xstilts.errors import UserError

ALIASES = {"all9": "anli+ccg+cosmosqa+csqa+hellaswag+mnli+qqp+squad+squad2"}
GOOD = {"says": "MNLI helps.", "gains": "every", "of": ["mnli"]}


def opened(root: Path, over: dict[str, Any] | None = None) -> tuple[Claim, ...]:
    problems = Problems()
    claims = open_claims(root, Tree(over or {}), ALIASES, problems)
    problems.stop_if_any()
    return claims


def test_the_claims_of_the_repository_are_right(repository: Path) -> None:
    claims = opened(repository)
    assert len(claims) == 6
    for claim in claims:
        assert claim.says.endswith(".") and claim.published and claim.source.startswith("Phang et al. 2020")
        told = json.loads(json.dumps(claim.model_dump(mode="json", exclude_defaults=True)))
        assert Claim.model_validate(told) == claim, "a spec holds it as JSON"


def test_the_file_fits_its_schema(repository: Path) -> None:
    schema = json.loads((repository / "workflow/schemas/claims.schema.json").read_text(encoding="utf-8"))
    assert schema == json.loads(schemas()["claims.schema.json"])
    file = yaml.safe_load((repository / "config/claims.yaml").read_text(encoding="utf-8"))
    jsonschema.validate(file, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"mine": {**GOOD, "gans": "every"}}, schema)


def test_every_key_is_described(repository: Path) -> None:
    readme = (repository / "config/README.md").read_text(encoding="utf-8")
    for key, field in Entry.model_fields.items():
        assert field.description and f"`{key}`" in readme, key


def test_claims_are_laid_over_those_of_the_file(repository: Path) -> None:
    claims = {
        one.name: one for one in opened(repository, {"mine": GOOD, "together": {"margin": 2}, "best-singles": None})
    }
    assert claims["mine"].of == ("mnli",) and claims["together"].margin == 2
    assert claims["together"].best and "best-singles" not in claims


def test_without_the_file_there_are_none(tmp_path: Path) -> None:
    assert opened(tmp_path) == ()


WRONG = [
    ({"says": None}, ["mine.says", "'says' is missing"]),
    ({"gans": "every"}, ["mine.gans", "no key 'gans'", "did you mean 'gains'?"]),
    ({"gains": None}, ["says nothing that can be tested", "write one of best, gains, beats, all"]),
    ({"best": ["mnli"]}, ["has best and gains"]),
    ({"gains": "evry"}, ["mine.gains", "'evry' is no number of recipes (did you mean 'every'?)", "at least 3"]),
    ({"gains": "at least 0"}, ["'at least 0' is no number of recipes"]),
    ({"of": ["squda"]}, ["mine.of[0]", "no task 'squda'", "did you mean 'squad'?"]),
    ({"of": "single"}, ["mine.of[0]", "did you mean 'singles'?"]),
    ({"of": ["squad+mnli"]}, ["mine.of[0]", "write 'mnli+squad'"]),
    ({"of": ["mnli@mt*~lr=1"]}, ["no part of a pattern", "without options"]),
    ({"of": ["sqad@mt*"]}, ["no task 'sqad'", "did you mean 'squad'?"]),
    ({"of": ["mnli | squda"]}, ["no task 'squda'"]),
    ({"without": ["singls"]}, ["mine.without[0]", "did you mean 'singles'?"]),
    ({"targets": ["tydqa"]}, ["mine.targets[0]", "no target 'tydqa'", "did you mean 'tydiqa'?"]),
    ({"targets": ["mnli"]}, ["no target 'mnli'"]),
    ({"targets": "avrage"}, ["did you mean 'average'?"]),
    ({"margin": -1}, ["mine.margin", "at least 0"]),
    ({"certainty": "sure"}, ["'sure' is none of published, recalled"]),
    ({"published": "+3"}, ["mine.published", "nobody can look this up", "source"]),
    ({"gains": None, "of": None, "beats": [["mnli"]]}, ["mine.beats[0]", "is no pair"]),
    ({"gains": None, "of": None, "beats": [["mnli", "mlm+X"]]}, ["which recipe is compared to which", "[X, mlm+X]"]),
    ({"gains": None, "of": None, "beats": [["mnl", "squad"]]}, ["mine.beats[0][0]", "did you mean 'mnli'?"]),
    ({"gains": None, "beats": [["mnli", "squad"]]}, ["mine.of", "no effect beside 'beats'"]),
    (
        {"gains": None, "of": None, "all": [{"gains": "every", "targets": ["xnl"]}]},
        ["mine.all[0].targets[0]", "'xnli'"],
    ),
    ({"gains": None, "of": None, "all": [{"of": ["mnli"]}]}, ["mine.all[0]", "write one of best, gains, beats"]),
    ({"gains": None, "by": 2, "of": None, "all": [{"gains": "every"}]}, ["mine.by", "no effect beside 'all'"]),
]


@pytest.mark.parametrize(("change", "says"), WRONG)
def test_what_is_wrong_is_said_with_the_nearest_right_name(
    tmp_path: Path, change: dict[str, Any], says: list[str]
) -> None:
    (tmp_path / "config").mkdir()
    block = {key: value for key, value in {**GOOD, **change}.items() if value is not None}
    (tmp_path / "config/claims.yaml").write_text(yaml.safe_dump({"mine": block}), encoding="utf-8")
    with pytest.raises(UserError) as raised:
        opened(tmp_path)
    assert "config/claims.yaml:" in str(raised.value)
    for words in says:
        assert words in str(raised.value)


def test_a_name_is_a_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'Mine!' cannot be a name"):
        opened(tmp_path, {"Mine!": GOOD})
