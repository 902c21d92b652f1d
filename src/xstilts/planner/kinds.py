"""The kinds of work that the plan's table has a row for."""

from __future__ import annotations

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "fetch_release": "fetch",
    "fetch_base": "fetch",
    "prepare_records": "records",
    "train_tokenizer": "tokens",
    "encode_tokens": "tokens",
    "draw_base": "pretraining",
    "pretrain_base": "pretraining",
    "train_checkpoint": "intermediate training",
    "predict_target": "prediction",
    "measure_alignment": "alignment",
    "score_target": "scores",
    "compare_recipes": "report",
    "plan_study": "report",
    "draw_figures": "report",
    "write_tables": "report",
    "write_cards": "report",
    "make_report": "report",
    "preview": "report",
    "write_submission": "submission",
}
"""The kind of a rule's jobs. `train_checkpoint` trains targets as well, which only the study tells apart."""
TARGET_TRAINING, OTHER, TIDYING = "target training", "other", "tidying up"
ORDER = (
    *("fetch", "records", "tokens", "pretraining", "intermediate training", TARGET_TRAINING),
    *("prediction", "alignment", "scores", "report", "submission", OTHER, TIDYING),
)
"""Rows from top to bottom, as work goes on."""

NO_WORK = {"prune_weights", "clear_states"}
"""Rules that remove files: no time that a plan would count."""
RESUMED = {"pretraining", "intermediate training", TARGET_TRAINING, "prediction", "alignment"}
"""Kinds whose jobs go on from what they had saved when they were stopped."""


def kind_of(rule: str, target: bool, work: bool) -> str:
    """The kind of a job: of a rule, for a target of the study or not, with work to do or with none."""
    if not work:
        return TIDYING
    return TARGET_TRAINING if target else KINDS.get(rule, OTHER)
