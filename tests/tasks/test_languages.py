"""What is known of the project's languages."""

from xstilts.languages import LANGUAGES


def test_every_natural_language_says_how_much_of_it_was_pretrained_on() -> None:
    known = {code: one.pretraining for code, one in LANGUAGES.items()}
    generated = {code for code, one in LANGUAGES.items() if one.script == "generated"}
    assert {code for code, size in known.items() if size is None} == generated
    sizes = {code: size for code, size in known.items() if size is not None}
    assert max(sizes, key=lambda code: sizes[code]) == "en" and min(sizes.values()) == 0.0
    assert {code for code, size in sizes.items() if not size} == {"ht", "qu", "wo", "yo"}, "XLM-R has not seen these"


def test_the_sizes_are_those_of_the_published_table() -> None:
    """Some rows of table 6 of Conneau et al. 2020, and the two that are sums."""
    rows = {"en": 300.8, "ru": 278.0, "vi": 137.3, "th": 71.7, "de": 66.6, "sw": 1.6, "jv": 0.2}
    assert {code: LANGUAGES[code].pretraining for code in rows} == rows
    assert LANGUAGES["zh"].pretraining == 46.9 + 16.6 and LANGUAGES["my"].pretraining == 1.6 + 0.4
