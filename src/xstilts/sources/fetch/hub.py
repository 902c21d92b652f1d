"""Access to the Hugging Face hub, for programs that may ask the network: jobs run offline, fetchers switch that off."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from xstilts.sources.fetch.download import TIMEOUT
from xstilts.sources.fetch.patience import FetchError, Patience, TransientError, passes

T = TypeVar("T")


class NoRevisionError(FetchError):
    """The hub knows the repository, but not this commit or branch of it."""


def online() -> None:
    """Let the hub's libraries ask the network. They read the switch when they are imported: call this before that."""
    os.environ["HF_HUB_OFFLINE"] = "0"
    os.environ["HF_DATASETS_OFFLINE"] = "0"
    logging.getLogger("huggingface_hub").propagate = False  # it prints its warnings itself
    for library in ("httpx", "httpx2"):
        logging.getLogger(library).setLevel(logging.WARNING)  # it tells every request


def ask(what: str, call: Callable[[], T], insists: bool = False) -> T:
    """A call of the hub's libraries: trouble that passes is waited out, the rest becomes a FetchError.

    `insists`: the call does its own waiting (half a minute), which is not to be multiplied by ours.
    """
    online()
    patience = Patience(what)
    while True:
        limit_waiting()
        try:
            return call()
        except Exception as error:
            trouble = judged(what, error)
            if insists:
                raise FetchError(f"{what}: {trouble}") from None
            patience.wait(trouble)


def limit_waiting() -> None:
    """Calls that list files set no time limit of their own (huggingface_hub 2.4), and would wait for ever."""
    from huggingface_hub import get_session

    session = get_session()
    hooks = session.event_hooks
    if limited not in hooks["request"]:
        session.event_hooks = {**hooks, "request": [*hooks["request"], limited]}


def limited(request: Any) -> None:
    """Give a request a time limit where it has none."""
    given = request.extensions.get("timeout", {})
    kinds = ("connect", "read", "write", "pool")
    request.extensions["timeout"] = {kind: given.get(kind) or TIMEOUT for kind in kinds}


def judged(what: str, error: Exception) -> TransientError:
    """Trouble that may pass; any other is raised as what it means for the user."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    chain = list(causes(error))
    for link in chain:
        match link:
            case GatedRepoError():
                raise FetchError(f"{what} is gated: accept its terms on the hub, and set HF_TOKEN to a token") from None
            case RepositoryNotFoundError():
                raise FetchError(f"{what} is not on the hub, or is private (then set HF_TOKEN to a token)") from None
            case RevisionNotFoundError():
                raise NoRevisionError(f"{what} has no such revision on the hub") from None
    if any(may_pass(link) for link in chain):
        deepest = next(link for link in reversed(chain) if may_pass(link))
        return TransientError(" ".join(str(deepest).split()) or type(deepest).__name__)
    raise FetchError(f"{what}: {type(error).__name__}: {error}") from error


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def may_pass(error: BaseException) -> bool:
    """Whether an error is trouble of the network or of the server, which may be over soon."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return passes(status)
    # By name, since the HTTP library below huggingface_hub has changed between its versions: requests, httpx, httpx2.
    library = type(error).__module__.partition(".")[0]
    return isinstance(error, ConnectionError | TimeoutError | LocalEntryNotFoundError) or library.startswith(
        ("httpx", "requests")
    )


def address(hub: str, path: str, revision: str) -> str:
    """Where a file of a data set is downloaded."""
    online()
    from huggingface_hub import hf_hub_url

    return hf_hub_url(hub, path, repo_type="dataset", revision=revision)


def secret() -> dict[str, str]:
    """The header that holds the user's token, where there is one; gated data sets need it."""
    online()
    from huggingface_hub import get_token

    token = get_token()
    return {"Authorization": f"Bearer {token}"} if token else {}
