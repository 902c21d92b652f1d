"""Questions about a text of two sentences, a third of which the text does not answer."""

from collections.abc import Iterator

from xstilts.sources.miniature.passages import make_passages
from xstilts.sources.miniature.world import Record, Request, World


def make(world: World, request: Request) -> Iterator[Record]:
    """Records with question, context and answers, a list of one {text, start} or of none."""
    return make_passages(world, request, unanswerable=True)
