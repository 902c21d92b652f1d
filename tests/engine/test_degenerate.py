"""Runs that learn nothing: what shows it, and what becomes of them."""

import math

import numpy as np
import pytest

from xstilts.config.spec import Judgement, StageSpec
from xstilts.engine.degenerate import NOT_FINITE, is_due, seed_of, sign
from xstilts.formats import format_named


def stage(**settings):
    return StageSpec(**{"name": "stage", "parts": (), "lr": 1e-3, "batch": 8, **settings})


def test_a_run_is_judged_after_its_warm_up_and_its_share():
    settings = stage(warmup=0.1, degenerate=Judgement(after=0.3))
    assert next(step for step in range(1, 101) if is_due(step, 100, settings)) == 30
    assert next(step for step in range(1, 101) if is_due(step, 100, stage(warmup=0.5))) == 51


def test_the_three_signs():
    assert sign([0.6], [0.4], 0.5, 1.1, True) is None
    assert sign([0.6], [0.4], math.nan, 1.1, True) == NOT_FINITE
    assert sign([0.6], [0.4], math.inf, 1.1, True) == NOT_FINITE
    assert "guess" in sign([0.4], [0.4], 0.5, 1.1, True)
    assert sign([0.6, 0.3], [0.4, 0.4], 0.5, 1.1, True) is None, "one part of a mixture learns"
    assert "guess" in sign([0.3, 0.3], [0.4, 0.4], 0.5, 1.1, True)
    assert "as high" in sign([0.6], [0.4], 1.095, 1.1, True)
    assert sign([0.6], [0.4], 1.2, 1.1, False) is None, "a pretrained head may begin where it ends"


def test_seeds_of_attempts_are_derived_and_differ():
    seeds = {(seed, attempt): seed_of(seed, attempt) for seed in range(20) for attempt in range(5)}
    assert len(set(seeds.values())) == 100 and all(seeds[seed, 0] == seed for seed in range(20))


@pytest.mark.parametrize("name", ["classification", "choice", "span", "tagging"])
def test_a_guess_is_the_most_frequent_answer_and_luck(name):
    assert format_named(name).guess(np.array([50, 30, 20])) == pytest.approx(0.5 + 2 * 0.05)
    rng, lucky = np.random.default_rng(0), 0
    for _ in range(500):
        gold = rng.integers(0, 3, 300)
        line = format_named(name).guess(np.unique(gold, return_counts=True)[1])
        lucky += (rng.integers(0, 3, 300) == gold).mean() > line
    assert lucky < 0.025 * 500, "one who guesses at random passes for one who learned, in fewer than one case in forty"


def test_a_guess_at_masked_tokens_knows_how_frequent_they_are():
    assert format_named("mlm").guess(np.array([500, 500])) == pytest.approx(-math.log(2), abs=1e-3)
    rng, shares = np.random.default_rng(0), np.arange(1, 51) / (50 * 51 / 2)
    few = rng.choice(50, 150, p=shares)
    truth = (shares * np.log(shares)).sum()
    guess = format_named("mlm").guess(np.unique(few, return_counts=True)[1])
    assert guess == pytest.approx(truth, abs=0.15), "also from few tokens"
