"""Words and tags: CoNLL-U and its like, CCGbank."""

from damage import AGAIN, MEND, Case

UDPOS, TREE = ("udpos", "test", "de"), "de_gsd-ud-test.conllu"
NODES = [
    ["1", "Ada", "_", "PROPN", "_", "_", "2", "_", "_", "_"],
    ["2", "geht", "_", "VERB", "_", "_", "0", "_", "_", "_"],
]


def tree(name, row, column, value, *says):
    """A sentence of two words after a comment, of which one cell is wrong (None: it is taken away)."""
    nodes = [list(node) for node in NODES]
    if value is None:
        del nodes[row][column]
    else:
        nodes[row][column] = value
    return Case(
        name, UDPOS, {TREE: "# text\n" + "\n".join(map("\t".join, nodes)) + "\n"}, (f"{TREE}, line {row + 2}", *says)
    )


TAGS = [
    tree("nine columns", 1, 9, None, "9 columns where CoNLL-U has 10", AGAIN),
    tree("a number that is missing", 1, 0, "3", "field 'ID': word 3 follows word 1", AGAIN),
    tree("a number that is none", 0, 0, "one", "field 'ID': 'one' is no number of a word", AGAIN),
    tree("a range to nowhere", 0, 0, "1-b", "field 'ID': '1-b' is no number of a word", AGAIN),
    tree("a head that is no number", 0, 6, "root", "field 'HEAD': 'root' is no number of a word", AGAIN),
    tree("a head beyond the sentence", 0, 6, "9", "field 'HEAD': 9 lies beyond the sentence's 2 words", AGAIN),
    tree("a tag outside UPOS", 1, 3, "VB", "field 'tag': 'VB' is none of ADJ, ADP", MEND),
    tree("no tag", 1, 3, "", "field 'tag': is empty", "use the original release"),
    Case(
        "a range beyond the sentence",
        UDPOS,
        {TREE: "2-3\tzum" + "\t_" * 8 + "\n" + "\n".join(map("\t".join, NODES)) + "\n"},
        (f"{TREE}, line 1", "field 'ID': 2-3 reaches beyond the sentence's 2 words", AGAIN),
    ),
    Case(
        "a tag that PAN-X has not",
        ("panx", "test", "de"),
        {"de/test": "de:Ada\tB-PER\n\nde:Montag\tB-MISC\n"},
        ("de/test, line 3: field 'tag': 'B-MISC' is none of O, B-PER", MEND),
    ),
    Case(
        "a column too few of iob2",
        ("uner", "test", "de"),
        {"de_pud-ud-test.iob2": "1\tAda\tB-PER\n2\n"},
        ("de_pud-ud-test.iob2, line 2: field 'tag': 1 columns where 3 are expected", AGAIN),
    ),
    Case(
        "more tags than words",
        ("ccg", "train", "en"),
        {"ccg.train": "Boats wait\tN S .\n"},
        ("ccg.train, line 1: field 'tags': 3 tags for 2 words", AGAIN),
    ),
    Case(
        "words without tags",
        ("ccg", "train", "en"),
        {"ccg.train": "Boats wait\tN S\nBoats\n"},
        ("ccg.train, line 2: 1 columns where 2 are expected (words, tags)", AGAIN),
    ),
    Case(
        "a derivation that is cut",
        ("ccg", "dev", "en"),
        {"AUTO/00/wsj_0001.auto": "ID=wsj_0001.1\n(<T S 0 2> (<L N NNS NNS Boats N>) (<L S VBP\n"},
        ("wsj_0001.auto, line 2: is no derivation of CCGbank", AGAIN),
    ),
]
