"""One file over HTTP: it goes on where it stopped, waits out trouble, and is what it should be or is not there.

huggingface_hub's own downloads start anew after a kill (2.4 writes to a file of a random name), and it checks sizes
only; so files of the hub come this way too.
"""

from __future__ import annotations

import http.client
import json
import logging
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xstilts.files import BLOCK, digest_of, write_json
from xstilts.progress import Progress
from xstilts.sources.fetch import MB
from xstilts.sources.fetch.checksums import Expected
from xstilts.sources.fetch.errors import FetchError, Patience, TransientError, passes, pause_of

logger = logging.getLogger(__name__)
TIMEOUT = 30.0
"""Seconds that a server may be silent."""
AGENT = "xstilts"
"""Some servers refuse the name that urllib gives itself."""


class StaleError(TransientError):
    """What has arrived does not go with what the server has now."""


@dataclass(frozen=True)
class Source:
    """An address; `secret` headers go to its own host only, never on to where it redirects."""

    url: str
    name: str
    size: int | None = None
    secret: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Begun:
    """What is known of a file that has been begun, kept beside its part: its version, and its whole size."""

    version: str | None = None
    total: int | None = None

    @classmethod
    def of(cls, part: Path) -> Begun:
        try:
            return cls(**json.loads(beside(part).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return cls()


def beside(part: Path) -> Path:
    """Where it is kept what is known of a part."""
    return part.with_name(part.name + ".json")


def discard(part: Path) -> None:
    """Forget what has arrived."""
    part.unlink(missing_ok=True)
    beside(part).unlink(missing_ok=True)


def download(source: Source, part: Path, expected: Expected | None) -> str:
    """Bring a file to `part`, or the rest of it; its sha256. With another sum than expected it is removed."""
    part.parent.mkdir(parents=True, exist_ok=True)
    resumed = part.exists()
    patience = Patience(source.url)
    most = 0
    while True:
        try:
            attempt(source, part, trusted=expected is not None)
            break
        except TransientError as trouble:
            if isinstance(trouble, StaleError):
                discard(part)
            arrived = part.stat().st_size if part.exists() else 0
            if arrived > most:  # more than ever, not just more than nothing: a server without ranges begins anew
                most = arrived
                patience.renew()
            patience.wait(trouble)
    found = digest_of([part])
    if expected and found != expected.sha256:
        discard(part)
        if resumed:
            logger.warning("%s: what lay here of an earlier fetch does not fit; beginning anew", source.url)
            return download(source, part, expected)
        expected.check(source.url, found)
    return found


def attempt(source: Source, part: Path, trusted: bool) -> None:
    """Ask once for what is missing, and append it."""
    begun = Begun.of(part)
    done = part.stat().st_size if part.exists() else 0
    if done and done == begun.total:
        return
    if not (begun.version or trusted):
        done = 0  # the file may have changed since, and nothing would tell
    with opened(source, done, begun.version) as response:
        start = done if goes_on(response, done, begun.version) else 0
        if not start:
            discard(part)  # before the new version is written down, so that a kill here can't join the two
        length = response.headers.get("Content-Length")
        total = start + int(length) if length else source.size
        write_json(beside(part), asdict(Begun(version_of(response), total)))
        with part.open("ab" if start else "wb") as file:
            progress = Progress(f"{source.name}, MB", -(-(total - start) // MB)) if total else None
            for block in blocks(response):
                file.write(block)
                if progress:
                    progress.at((file.tell() - start) // MB, f"of {total // MB} MB" if total and start else "")
    arrived = part.stat().st_size
    if total is not None and arrived < total:
        raise TransientError(f"the connection broke after {arrived} of {total} bytes")
    if total is not None and arrived > total:
        raise StaleError(f"{arrived} bytes arrived of a file of {total}")


def opened(source: Source, done: int, version: str | None) -> http.client.HTTPResponse:
    """The server's answer to a request for all but the first `done` bytes."""
    if not source.url.startswith(("http://", "https://")):
        raise FetchError(f"{source.url!r} is no http or https address")
    try:
        request = urllib.request.Request(source.url, headers={"User-Agent": AGENT})
        for name, value in (source.secret or {}).items():
            request.add_unredirected_header(name, value)
        if done:
            request.add_header("Range", f"bytes={done}-")
            if version:
                request.add_header("If-Range", version)
        answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT)
        return answer
    except urllib.error.HTTPError as error:
        raise refusal(source, error) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise FetchError(f"{source.url}: its certificate can't be verified ({reason.verify_message})") from None
        raise TransientError(f"{reason or type(error).__name__}") from None
    except ValueError as error:
        raise FetchError(f"{source.url!r} is no address: {error}") from None


def refusal(source: Source, error: urllib.error.HTTPError) -> Exception:
    """What an HTTP error means."""
    what = f"the server answers {error.code} {error.reason}"
    if error.code == 416:
        return StaleError(what)
    if not passes(error.code):
        return FetchError(f"{source.url}: {what}")
    return TransientError(what, pause_of(error.headers.get("Retry-After")))


def goes_on(response: http.client.HTTPResponse, done: int, version: str | None) -> bool:
    """Whether an answer is the rest that was asked for, of the same version of the file."""
    if response.status != 206:
        return False
    same = version is None or version_of(response) in (None, version)
    if not (same and (response.headers.get("Content-Range") or "").startswith(f"bytes {done}-")):
        raise StaleError("the server sends another part than was asked for")
    return True


def version_of(response: Any) -> str | None:
    """What changes when the file does: a strong ETag, or its date."""
    tag: str | None = response.headers.get("ETag")
    date: str | None = response.headers.get("Last-Modified")
    return tag if tag and not tag.startswith("W/") else date


def blocks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """What arrives; errors of the network are told apart from those of the disk by being raised here."""
    while True:
        try:
            block = response.read1(BLOCK)
        except (OSError, http.client.HTTPException) as error:
            raise TransientError(f"the connection broke ({error or type(error).__name__})") from None
        if not block:
            return
        yield block
