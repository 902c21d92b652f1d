"""Access to the Hugging Face hub: all that is asked of it, but for the content of files, which `download.py` brings.

For programs that may ask the network: jobs run offline, and `online` switches that off.
"""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from xstilts.sources.fetch.download import TIMEOUT
from xstilts.sources.fetch.errors import FetchError, Patience, TransientError, passes, pause_of

T = TypeVar("T")
CONVERTED = "refs/convert/parquet"
"""The branch where the hub keeps its own Parquet copy of a data set that has a loading script or other formats."""


class NoRevisionError(FetchError):
    """The hub knows the repository, but not this commit or branch of it."""


@dataclass(frozen=True)
class HubFile:
    """A file of a data set at a commit; the hub knows the sha256 of large ones."""

    path: str
    size: int
    sha256: str | None


Files = Mapping[str, HubFile]
"""By path."""


def online() -> None:
    """Let the hub's libraries ask the network. They read the switch when they are imported: call this before that."""
    os.environ["HF_HUB_OFFLINE"] = "0"
    os.environ["HF_DATASETS_OFFLINE"] = "0"
    os.environ["HF_UPDATE_DOWNLOAD_COUNTS"] = "0"  # `datasets` would tell another server what is loaded
    logging.getLogger("huggingface_hub").propagate = False  # it prints its warnings itself
    for library in ("httpx", "httpx2"):
        logging.getLogger(library).setLevel(logging.WARNING)  # it tells every request


def ask(what: str, call: Callable[[], T], insists: bool = False) -> T:
    """A call of the hub's libraries: trouble that passes is waited out, the rest becomes a FetchError.

    `insists`: the call tries again by itself for a while, which is not to be multiplied by all of our tries.
    """
    online()
    patience = Patience(what, last=insists)
    while True:
        limit_waiting()
        try:
            return call()
        except Exception as error:
            patience.wait(judged(what, error))


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
            case ssl.SSLCertVerificationError():
                raise FetchError(f"{what}: the hub's certificate can't be verified ({link.verify_message})") from None
    telling = [link for link in chain if may_pass(link) is not None]
    if telling and may_pass(telling[0]):  # the outermost: what came of it when the libraries had done what they can
        deepest = next(link for link in reversed(telling) if may_pass(link))
        headers = getattr(getattr(deepest, "response", None), "headers", {})
        return TransientError(
            " ".join(str(deepest).split()) or type(deepest).__name__, pause_of(headers.get("Retry-After"))
        )
    raise FetchError(f"{what}: {type(error).__name__}: {error}") from error


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def may_pass(error: BaseException) -> bool | None:
    """Whether an error is trouble of the network or of the server, which may be over soon; None: it doesn't tell."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return passes(status)
    # By name, since the HTTP library below huggingface_hub has changed between its versions: requests, httpx, httpx2.
    library = type(error).__module__.partition(".")[0]
    network = isinstance(error, ConnectionError | TimeoutError) or library.startswith(("httpx", "requests"))
    return True if network else None


def commit_of(hub: str, revision: str) -> str:
    """The commit that a revision means today."""
    online()
    from huggingface_hub import HfApi

    sha = ask(f"data set {hub} at revision {revision}", partial(HfApi().dataset_info, hub, revision=revision)).sha
    if sha is None:
        raise FetchError(f"data set {hub}: the hub names no commit of {revision}")
    return sha


def copy_of(hub: str) -> str | None:
    """The commit of the hub's own copy, if it has made one."""
    try:
        return commit_of(hub, CONVERTED)
    except NoRevisionError:
        return None


def files_of(hub: str, commit: str) -> Files:
    """All files of a commit: one request for each thousand."""
    online()
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    tree = partial(HfApi().list_repo_tree, hub, recursive=True, revision=commit, repo_type="dataset")
    entries = ask(f"data set {hub} at revision {commit}", lambda: list(tree()), insists=True)
    return {
        entry.path: HubFile(entry.path, entry.size, entry.lfs.sha256 if entry.lfs else None)
        for entry in entries
        if isinstance(entry, RepoFile)
    }


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
