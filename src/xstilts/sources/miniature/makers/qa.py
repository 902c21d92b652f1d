"""Questions about a text of two sentences; the answer is a phrase of it."""

from collections.abc import Iterator

from xstilts.sources.miniature.passages import make_passages
from xstilts.sources.miniature.world import Record, Request, World


def make(world: World, request: Request) -> Iterator[Record]:
    """Records with question, context and answers, a list of one {text, start}."""
    return make_passages(world, request, unanswerable=False)
