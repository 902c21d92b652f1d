"""Language identification by nearest means, against scikit-learn's; variance between means, against its definition."""

import numpy as np
import pytest
import torch
from sklearn.metrics import recall_score
from sklearn.neighbors import NearestCentroid

from xstilts.alignment.leakage import Sums, centroids, recognised, share_of_english, trained_on, variance_between
from xstilts.alignment.table import language_rows

LANGUAGES = {"qla": 30, "qlb": 21, "en": 26}


@pytest.fixture(scope="module")
def vectors() -> dict[str, torch.Tensor]:
    """[poolings, layers, sentences, width]; languages lie the further apart the higher the layer."""
    rng = np.random.default_rng(0)
    found = {}
    for count, language in zip(LANGUAGES.values(), LANGUAGES, strict=True):
        offset = rng.normal(size=(1, 3, 1, 6)) * np.array([0.1, 0.6, 5]).reshape(1, 3, 1, 1)
        found[language] = torch.from_numpy(rng.normal(size=(2, 3, count, 6)) + offset + 20)
    return found


@pytest.fixture(scope="module")
def sums(vectors) -> dict[str, Sums]:
    return {language: Sums.of(own, trained_on(own.shape[2])) for language, own in vectors.items()}


def test_recognition_is_scikit_learns_nearest_centroid(vectors, sums):
    means = centroids(sums)
    known = {}
    for number, (language, own) in enumerate(vectors.items()):
        known[language] = recognised(own[:, :, 0::2], means) == number
    table = {(r["layer"], r["pooling"], r["language"]): r for r in language_rows(sums, known) if "_id" in r["measure"]}
    names = list(vectors)
    for p, pooling in enumerate(("mean", "words")):
        for layer in range(3):
            rows = [(x, name, i) for name, own in vectors.items() for i, x in enumerate(own[p, layer].numpy())]
            odd, even = ([row for row in rows if row[2] % 2 == rest] for rest in (1, 0))
            model = NearestCentroid().fit([x for x, _, _ in odd], [name for _, name, _ in odd])
            said = model.predict([x for x, _, _ in even])
            wanted = recall_score([name for _, name, _ in even], said, labels=names, average=None)
            for name, value in zip(names, wanted, strict=True):
                assert table[layer, pooling, name]["value"] == pytest.approx(100 * value)
                assert table[layer, pooling, name]["n"] == (LANGUAGES[name] + 1) // 2
            assert table[layer, pooling, None]["value"] == pytest.approx(100 * wanted.mean())
    assert table[2, "mean", None]["value"] == 100 > table[0, "mean", None]["value"]


def test_variance_between_means_is_a_share_of_all_variance(vectors, sums):
    found = variance_between(sums)
    for p in range(2):
        for layer in range(3):
            parts = [own[p, layer].numpy() for own in vectors.values()]
            everything = np.concatenate(parts)
            total = np.square(everything - everything.mean(0)).sum()
            within = sum(np.square(part - part.mean(0)).sum() for part in parts)
            assert found[p, layer] == pytest.approx(1 - within / total)


def test_sums_add_up_and_can_be_kept(vectors):
    own, train = vectors["qla"], trained_on(30)
    halves = Sums.of(own[:, :, :10], train[:10]) + Sums.of(own[:, :, 10:], train[10:])
    for name, array in Sums.of(own, train).arrays().items():
        np.testing.assert_allclose(halves.arrays()[name], array)
    again = Sums.from_arrays(halves.arrays())
    assert again.count == 30 and again.train_count == 15 and (again.total == halves.total).all()


@pytest.mark.parametrize("sentences, languages", [(2, 1), (2, 5), (7, 2), (40, 5), (1000, 36)])
def test_shares_of_english_are_disjoint_and_have_both_kinds_of_rows(sentences, languages):
    shares = [share_of_english(sentences, number, languages) for number in range(languages)]
    rows = np.concatenate([rows for rows, _ in shares])
    assert sorted(rows) == list(range(sentences))
    train = np.concatenate([train for _, train in shares])
    assert abs(train.mean() - 0.5) <= max(0.1, 0.5 - 1 / sentences)
    assert train.any() and not train.all()
