"""Servers for tests: plain files with every kind of trouble, and a small hub that the real clients can talk to."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class Asked:
    """A request, and how many bytes of content were sent for it."""

    method: str
    path: str
    headers: dict[str, str]
    sent: int = 0


@dataclass
class Reply:
    """An answer: content is served with ranges."""

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Server(ThreadingHTTPServer):
    """Files by path. `faults[path]` are used up one per request: (name, number) of `Handler`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self.asked: list[Asked] = []
        self.redirections: dict[str, str] = {}
        self.ranges = self.conditional = self.validators = self.lengths = True
        self.released = threading.Event()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def add(self, path: str, content: bytes) -> str:
        """Serve a file; its address."""
        self.files[path] = content
        return self.url + path

    def redirect(self, path: str, to: str) -> None:
        self.redirections[path] = to

    def gets(self, path: str) -> list[Asked]:
        """The requests for a file's content."""
        return [asked for asked in self.asked if asked.method == "GET" and asked.path == path]

    def sent(self, path: str) -> int:
        return sum(asked.sent for asked in self.gets(path))

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> Reply:
        if path in self.redirections:
            return Reply(b"", 302, {"Location": self.redirections[path]})
        if path not in self.files:
            return Reply(b"not here", 404)
        content = self.files[path]
        return Reply(content, headers={"ETag": f'"{hashlib.md5(content).hexdigest()}"'} if self.validators else {})

    def handle_error(self, request, client_address):
        """Clients that go away are part of the tests."""

    def close(self):
        self.released.set()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """GET and HEAD with ranges and If-Range, as web servers do it."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def do_GET(self):
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self.command, unquote(url.path), dict(self.headers))
        self.server.asked.append(asked)
        waiting = self.server.faults[asked.path]
        fault, number = waiting.pop(0) if waiting and self.command != "HEAD" else ("", 0)
        if fault == "status":
            self.send(asked, Reply(b"trouble", number))
        elif fault == "busy":
            self.send(asked, Reply(b"later", 429, {"Retry-After": str(number)}))
        elif fault == "refuse":
            self.close_connection = True
        else:
            reply = self.server.answer(self.command, asked.path, parse_qs(url.query or body.decode()), body)
            if fault == "lie":
                reply.content = bytes(byte ^ 1 for byte in reply.content)
            self.send(asked, reply, fault, number)

    do_HEAD = do_POST = do_GET  # noqa: N815

    def send(self, asked, reply, fault="", number=0):
        content, status, headers = reply.content, reply.status, dict(reply.headers)
        wanted = self.headers.get("Range")
        condition = self.headers.get("If-Range") if self.server.conditional else None
        if status == 200 and wanted and self.server.ranges and condition in (None, headers.get("ETag")):
            start = int(wanted.removeprefix("bytes=").split("-")[0])
            total = len(content)
            if start >= total:
                content, status = b"", 416
                headers["Content-Range"] = f"bytes */{total}"
            else:
                content, status = content[start:], 206
                headers["Content-Range"] = f"bytes {start}-{total - 1}/{total}"
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.server.lengths:
            self.send_header("Content-Length", str(len(content)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault in ("cut", "stall"):
            self.put(asked, content[:number])
            if fault == "stall":
                self.server.released.wait(30)
            self.close_connection = True
        elif fault == "slow":
            for start in range(0, len(content), number):
                self.put(asked, content[start : start + number])
                if self.server.released.wait(0.02):
                    return
        else:
            self.put(asked, content)

    def put(self, asked, block):
        asked.sent += len(block)  # before it is: the client may have it, and look here, before this goes on
        self.wfile.write(block)
        self.wfile.flush()


@dataclass
class Repository:
    """Files of each commit, and what branches mean; `lfs` files are served by redirection, as the hub does."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    lfs: bool = True

    def commit(self, files: dict[str, bytes], ref: str = "main") -> str:
        sha = hashlib.sha1(f"{ref}{len(self.commits)}{sorted(files)}".encode()).hexdigest()
        self.commits[sha] = dict(files)
        self.refs[ref] = sha
        return sha


class Hub(Server):
    """Just enough of the hub's interface for huggingface_hub and datasets."""

    def __init__(self):
        super().__init__()
        self.repositories: dict[str, Repository] = {}
        self.blobs: dict[str, bytes] = {}
        self.gated: set[str] = set()

    def repository(self, name: str, kind: str = "datasets") -> Repository:
        return self.repositories.setdefault(f"{kind}/{name}", Repository())

    def answer(self, method, path, query, body):
        parts = path.strip("/").split("/")
        if parts[0] == "cdn":
            content = self.blobs[parts[1]]
            return Reply(content, headers={"ETag": f'"{parts[1]}"'})
        if parts[0] == "api":
            kind, name, rest = parts[1], "/".join(parts[2:4]), parts[4:]
        else:
            kind, parts = ("datasets", parts[1:]) if parts[0] == "datasets" else ("models", parts)
            name, rest = "/".join(parts[:2]), parts[2:]
        found = self.repositories.get(f"{kind}/{name}")
        if found is None:
            return Reply(b"{}", 401, {"X-Error-Code": "RepoNotFound"})
        if name in self.gated:
            return Reply(b"{}", 403, {"X-Error-Code": "GatedRepo"})
        ref = rest[1] if len(rest) > 1 else "main"
        if ref == "refs":  # quoted slashes, which `answer` gets unquoted
            ref, rest = "/".join(rest[1:4]), [rest[0], "", *rest[4:]]
        sha = found.refs.get(ref, ref)
        if sha not in found.commits:
            return Reply(b"{}", 404, {"X-Error-Code": "RevisionNotFound"})
        files, below = found.commits[sha], "/".join(rest[2:])
        if parts[0] != "api":
            return self.file(found, sha, files, below)
        return self.interface(rest[0] if rest else "revision", found, name, sha, files, below, query)

    def file(self, found, sha, files, path):
        if path not in files:
            return Reply(b"", 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": sha})
        content = files[path]
        headers = {"X-Repo-Commit": sha, "ETag": f'"{hashlib.sha1(content).hexdigest()}"'}
        if found.lfs and path.endswith((".parquet", ".safetensors")):
            digest = hashlib.sha256(content).hexdigest()
            self.blobs.setdefault(digest, content)
            headers |= {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content))}
            return Reply(b"", 302, headers | {"Location": f"http://localhost:{self.server_port}/cdn/{digest}"})
        return Reply(content, headers=headers)

    def interface(self, call, found, name, sha, files, below, query):
        if call == "revision":
            data = {"id": name, "sha": sha, "siblings": [{"rfilename": path} for path in files], "tags": []}
            return reply(data)
        if call == "paths-info":
            return reply([self.entry(found, path, files) for path in query["paths"] if path in files])
        prefix = f"{below}/" if below else ""
        inside = [path for path in files if path.startswith(prefix)]
        folders = {
            path[: path.find("/", at)] for path in inside for at in range(len(prefix), len(path)) if path[at] == "/"
        }
        recursive = query.get("recursive", ["false"])[0].lower() in ("true", "1")
        paths = [p for p in [*sorted(folders), *inside] if recursive or "/" not in p.removeprefix(prefix)]
        if below and not inside:
            return Reply(b"{}", 404, {"X-Error-Code": "EntryNotFound"})
        return reply([self.entry(found, path, files) for path in paths])

    def entry(self, found, path, files):
        if path not in files:
            return {"type": "directory", "path": path, "oid": "0" * 40, "size": 0}
        content = files[path]
        entry = {"type": "file", "path": path, "oid": hashlib.sha1(content).hexdigest(), "size": len(content)}
        if found.lfs and path.endswith((".parquet", ".safetensors")):
            digest = hashlib.sha256(content).hexdigest()
            entry["lfs"] = {"oid": digest, "size": len(content), "pointerSize": 134}
        return entry


def reply(data) -> Reply:
    return Reply(json.dumps(data).encode(), headers={"Content-Type": "application/json"})
