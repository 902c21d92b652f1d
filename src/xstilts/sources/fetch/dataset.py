"""Which files of a hub data set belong to a configuration and a split. Parquet only: no code of others is ever run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import PurePosixPath

from xstilts.names import suggest
from xstilts.sources.fetch.hub import NoRevisionError, ask, online
from xstilts.sources.fetch.layouts import Card, Copy, Files, HubFile, Layout
from xstilts.sources.fetch.patience import FetchError

CONVERTED = "refs/convert/parquet"
"""The branch where the hub keeps its own Parquet copy of a data set that has a loading script or other formats."""
SHOWN = 30
"""So many names are told when one is wrong."""


def newest(hub: str) -> str:
    """The commit to pin: of the main branch, or of the hub's own copy where that has no Parquet to read."""
    main = commit_of(hub, "main")
    if obstacle(hub, listing(hub, main)) is None:
        return main
    return copy_of(hub) or main


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


def listing(hub: str, commit: str) -> Files:
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


def obstacle(hub: str, files: Files) -> str | None:
    """Why a commit can't be read."""
    script = f"{PurePosixPath(hub).name}.py"
    if script in files:
        return f"it needs its loading script {script}, and no code of others is run here"
    if not any(path.endswith(".parquet") for path in files):
        return "it has no Parquet files"
    return None


def choose(
    hub: str, commit: str, wanted: Sequence[tuple[str, str]], shards: int | None
) -> dict[tuple[str, str], list[HubFile]]:
    """The files of each (configuration, split), in the data set's order; `shards` of them at most."""
    commit_of(hub, commit)  # tells soonest that there is no network, or no such data set
    files = listing(hub, commit)
    problem = obstacle(hub, files)
    if problem:
        copy = copy_of(hub)
        advice = f"the hub has a Parquet copy: write revision {copy}" if copy else "and the hub has no Parquet copy"
        raise FetchError(f"data set {hub} at revision {commit} can't be read: {problem}; {advice}")
    layout: Layout = Copy.found(hub, files) or Card(hub, commit)
    known = layout.configurations
    chosen: dict[tuple[str, str], list[HubFile]] = {}
    for configuration in dict.fromkeys(configuration for configuration, _ in wanted):
        require(f"data set {hub}", "configuration", configuration, known)
        where = f"configuration {configuration!r} of data set {hub}"
        splits = layout.splits(configuration)
        for split in dict.fromkeys(split for other, split in wanted if other == configuration):
            require(where, "split", split, list(splits))
            paths = splits[split][:shards]
            strange = next((path for path in paths if not path.endswith(".parquet") or path not in files), None)
            if strange:
                raise FetchError(f"{where}: {strange} is no Parquet file of the data set, and nothing else is read")
            chosen[configuration, split] = [files[path] for path in paths]
    return chosen


def require(where: str, kind: str, name: str, known: Sequence[str]) -> None:
    """Refuse a name that is not there, with those that are."""
    if name not in known:
        more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
        there = f"{', '.join(known[:SHOWN])}{more}"
        raise FetchError(f"{where} has no {kind} {name!r}{suggest(name, known)}; it has {there}")
