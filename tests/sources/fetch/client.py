"""Fetches what it is told on stdin, line by line; `conftest.py` starts it with the address of a local hub."""

import json
import sys
from pathlib import Path

from xstilts.errors import UserError
from xstilts.sources.bases import fetch_base
from xstilts.sources.fetch import download, errors, hub
from xstilts.sources.fetch.release import fetch_release
from xstilts.specs import DownloadSpec, FetchSpec

errors.PAUSES = (0.0, 0.0, 0.0)
download.TIMEOUT = hub.TIMEOUT = 0.3
answers, sys.stdout = sys.stdout, sys.stderr

for line in sys.stdin:
    kind, spec, out = json.loads(line)
    try:
        if kind == "release":
            fetch_release(DownloadSpec.read(spec), Path(out), "code")
        else:
            fetch_base(FetchSpec.read(spec), Path(out), "code")
        print("null", file=answers, flush=True)
    except UserError as error:
        print(json.dumps(str(error)), file=answers, flush=True)
    except Exception as error:
        print(json.dumps(f"UNEXPECTED {error!r}"), file=answers, flush=True)
        raise
