"""Bring a release here: Parquet files of a Hugging Face data set at one commit, or the archives it was published as.

Input   a spec: {release, hub, revision, wanted: [[configuration, split], …], shards, archives: [{url, sha256}]}
Output  OUT/{CONFIGURATION/SPLIT-00000.parquet or the unpacked files, record.json, digest}, and OUT/../checksums.json:
        checksums and revisions as they were first seen, which later fetches must meet
Cost    a download, and reading each file once; where all is here and right, no server is asked, so that needs no
        network; else what is missing is fetched, and the hub is asked again what the data set holds

Example, on a CPU, with a network (2 MB):
    python scripts/fetch_release.py --out /tmp/releases/glue \\
        --spec '{"release": "glue", "hub": "nyu-mll/glue", "revision": null, "wanted": [["rte", "validation"]],
                 "shards": null, "archives": []}'
"""

from pathlib import Path

from xstilts.command import arguments, run
from xstilts.sources.fetch.release import fetch_release
from xstilts.specs import DownloadSpec


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--out", required=True, type=Path, help="folder of the release")
    args = parser.parse_args()
    fetch_release(DownloadSpec.read(args.spec), args.out, args.code)


if __name__ == "__main__":
    run(main)
