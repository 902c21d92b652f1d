"""Alignment, measured by the workflow on a checkpoint that it trained."""

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

NODE = "tiny/s1/mnli"


def test_alignment_of_an_intermediate_is_measured_once(copy):
    target = f"results/nano/alignment/{NODE}/tatoeba.digest"
    nodes = ("tiny", "tiny/s1/mnli", "tiny/s1/mnli/squad", "tiny/s1/ccg+hellaswag+mlm+qqp")
    assert copy.planned("alignment") == {f"measure_alignment alignment/{node}/tatoeba": 1 for node in nodes}
    copy.snakemake("--", target)
    assert not copy.planned("--", target)
    table = pq.read_table(copy.results / "alignment" / NODE / "tatoeba.parquet")
    predictions = pq.read_table(copy.results / "predictions" / NODE / "tatoeba.parquet")
    clean = table.filter(
        (pc.field("noise") == "none") & (pc.field("pooling") == "mean") & (pc.field("direction") == "english")
    )
    languages = sorted(set(predictions["language"].to_pylist()))
    for language in languages:
        said = predictions.filter(pc.field("language") == language)
        for measure, column in (("accuracy", "raw"), ("accuracy_centred", "centred")):
            rows = clean.filter((pc.field("language") == language) & (pc.field("measure") == measure)).sort_by("layer")
            wanted = 100 * np.array(said[column].to_pylist(), dtype=float).mean(0)
            np.testing.assert_allclose(rows["value"].to_numpy(), wanted, atol=100 / 40)  # a tie may fall otherwise
    assert not (copy.results / "states" / "alignment" / NODE / "tatoeba").exists()
