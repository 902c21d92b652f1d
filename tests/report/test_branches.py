"""The tree of checkpoints, seeds together."""

from invented import invented

from xstilts.report.branches import tree_of


def test_a_branch_has_all_seeds_with_the_worst_state_and_what_is_read_with_it():
    (found,) = invented(missing=[("mnli", "tydiqa")]).bases
    root = tree_of(found)
    branches = {branch.path: branch for branch in root.flat}
    assert (root.stage, root.depth, root.targets) == ("tiny", 0, ("Tatoeba",))
    assert root.size == len(branches) and {node for one in root.flat for node in one.nodes} == set(found.nodes)
    squad, gone = branches["tiny/squad"], branches["tiny/mnli/tydiqa"]
    assert (squad.state, squad.made, squad.degenerate, len(squad.nodes), squad.depth) == ("degenerate", 3, 1, 3, 1)
    assert (gone.state, gone.made, gone.targets) == ("missing", 0, ("TyDiQA-GoldP",))
    assert squad.dev == 70.0 and gone.dev is None


def test_what_leads_on_comes_before_what_ends():
    (found,) = invented().bases
    ends = [not child.children for child in tree_of(found).children]
    assert ends == sorted(ends) and set(ends) == {True, False}
