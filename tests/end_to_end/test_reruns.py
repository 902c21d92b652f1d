"""A change reruns what depends on it, and nothing else: the exact set of jobs after each kind of change."""

import shutil
from collections import Counter

RECIPES = ("", "mnli/", "mnli/squad/", "ccg+hellaswag+mlm+qqp/")
MADE = {
    "compare_recipes": "findings",
    "draw_figures": "figures/forest-mean",
    "write_tables": "tables/recipes",
    "write_cards": "cards",
    "make_report": "report",
}
"""What is made from scores, and the first file of each."""


def report_of(study):
    return [f"{rule} report/{study}/{file}" for rule, file in MADE.items()]


REPORT = report_of("smoke")
METRIC = ("src/xstilts/metrics/squad.py", r"\b(a|an|the)\b", r"\b(a|an|the|some)\b")  # XQuAD's, and none other's here


def evaluation(node: str, target: str) -> list[str]:
    return [f"predict_target predictions/{node}/{target}", f"score_target scores/{node}/{target}"]


def test_learning_rate_of_one_target(copy):
    """Its node, its evaluation, and what collects it, for every recipe."""
    override = ("--config", "worlds={nano: {stages: {udpos: {lr: 1e-4}}}}")
    nodes = [f"tiny/s1/{recipe}udpos" for recipe in RECIPES]
    expected = [f"train_checkpoint checkpoints/{node}" for node in nodes]
    expected += [job for node in nodes for job in evaluation(node, "udpos")]
    assert copy.planned(*override) == Counter([*expected, *REPORT])


def test_an_intermediate_task(copy):
    """Its subtree: itself, its children and their evaluations."""
    override = ("--config", "worlds={nano: {stages: {squad: {steps: 50}}}}")
    node = "tiny/s1/mnli/squad"
    children = [f"{node}/{target}" for target in ("xnli", "udpos", "xquad")]
    expected = [f"train_checkpoint checkpoints/{n}" for n in (node, *children)]
    evaluated = [*zip(children, ("xnli", "udpos", "xquad"), strict=True), (f"{node}/xquad", "mlqa")]
    evaluated += [(node, "bucc"), (node, "tatoeba")]
    expected += [job for n, target in evaluated for job in evaluation(n, target)]
    assert copy.planned(*override) == Counter([*expected, *REPORT])


def test_how_predictions_are_read(copy):
    """The longest answer, and the pooling of retrieval, matter to predictions, and to nothing before them."""
    override = "worlds={nano: {encoding: {span: {max_answer: 20}, retrieval: {pooling: words}}}}"
    spans = [(f"tiny/s1/{recipe}xquad", target) for recipe in RECIPES for target in ("xquad", "mlqa")]
    nodes = ["tiny", *(f"tiny/s1/{recipe.rstrip('/')}" for recipe in RECIPES if recipe)]
    read = [*spans, *((node, target) for node in nodes for target in ("bucc", "tatoeba"))]
    expected = [job for node, target in read for job in evaluation(node, target)]
    assert copy.planned("--config", override) == Counter([*expected, *REPORT])


def test_how_a_run_is_carried_out(copy):
    """Ranks, threads and the size of micro-batches do not change results."""
    override = "worlds={nano: {training: {ranks: 2, threads: 2, micro_tokens: 512, zero: 1}}}"
    assert not copy.planned("--config", override)


def test_comments(copy):
    """In every source file at once."""
    for file in [*copy.folder.glob("src/**/*.py"), *copy.folder.glob("scripts/*.py")]:
        file.write_text("# a remark\n" + file.read_text(encoding="utf-8") + "\n# another\n", encoding="utf-8")
    assert not copy.planned()


def test_a_metric(copy):
    """Scores again what it scores, neither predicts nor trains."""
    copy.edit(*METRIC)
    assert copy.planned() == Counter(
        [*(f"score_target scores/tiny/s1/{recipe}xquad/xquad" for recipe in RECIPES), *REPORT]
    )


def test_a_loss_and_the_switch_that_freezes_code(copy):
    copy.edit("src/xstilts/formats/tagging.py", "ignore_index=IGNORE, reduction", "ignore_index=-100, reduction")
    trained = {job.split("/", 1)[1] for job in copy.planned() if job.startswith("train_checkpoint")}
    mixture = "ccg+hellaswag+mlm+qqp"  # has a tagging task in it, so all below it follows
    assert trained == {
        *(f"tiny/s1/{recipe}udpos" for recipe in RECIPES),
        *(f"tiny/s1/{mixture}{target}" for target in ("", "/xnli", "/xquad")),
    }
    assert not copy.planned("--config", "freeze_code=true")


def test_data_made_again_with_equal_content(copy):
    copy.snakemake("--forcerun", "prepare_records", "--until", "prepare_records")
    assert not copy.planned()


def test_a_study_that_shares_recipes(copy):
    """Trains only what is new."""
    study = "studies={more: {asks: More, seeds: [1], recipes: {none: [], three: [mnli, squad, csqa]}, "
    study += "targets: [xnli, tatoeba], compare: {baseline: none}}}"
    jobs = copy.planned("--config", "study=more", study)
    node = "tiny/s1/mnli/squad/csqa"
    data = [f"prepare_records records/csqa/{split}" for split in ("train", "dev")]
    data += [f"encode_tokens tokens/mini/csqa/{split}" for split in ("train", "dev")]
    expected = [f"train_checkpoint checkpoints/{node}", f"train_checkpoint checkpoints/{node}/xnli"]
    expected += [*evaluation(f"{node}/xnli", "xnli"), *evaluation(node, "tatoeba")]
    assert jobs == Counter([*data, *expected, *report_of("more"), "plan_study report/more/plan"])


def test_weights_of_targets_go_once_their_predictions_stand(copy):
    drop = ("--config", "worlds={nano: {keep_target_weights: false}}")
    copy.snakemake(*drop)
    tree = copy.results / "checkpoints/tiny/s1"
    assert not (tree / "mnli/xnli/model.safetensors").exists()
    assert (tree / "mnli/model.safetensors").exists()
    assert not copy.planned(*drop)
    copy.edit(*METRIC)
    assert {job.split()[0] for job in copy.planned(*drop)} == {"score_target", *MADE}


def test_results_that_were_deleted(copy):
    """Asked for by name they are made again; what was made from them stands."""
    shutil.rmtree(copy.results / "predictions/tiny/s1/mnli/xnli")
    shutil.rmtree(copy.results / "scores/tiny/s1/mnli/xnli")
    assert copy.planned("scores") == Counter(evaluation("tiny/s1/mnli/xnli", "xnli"))
