"""How long planning takes: `snakemake -n` on the real replication with three seeds, and what it imports.

    python benchmarks/dry_run.py            from the repository's root; about half a minute

Prints the number of jobs, wall-clock seconds of each run, and heavy modules that were imported (there must be none).
"""

import re
import subprocess
import sys
import time

STUDY = "studies={replication: {seeds: [1, 2, 3]}}"
COMMAND = ["-m", "snakemake", "-n", "--config", "world=real", "study=replication", STUDY]
HEAVY = {"torch", "transformers", "datasets", "deepspeed"}
RUNS = 5


def main() -> None:
    seconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        done = subprocess.run([sys.executable, *COMMAND], capture_output=True, text=True, check=True)
        seconds.append(time.perf_counter() - started)
    traced = subprocess.run([sys.executable, "-X", "importtime", *COMMAND], capture_output=True, text=True, check=True)
    modules = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in traced.stderr.splitlines() if "|" in line}
    jobs = re.findall(r"^total +(\d+)", done.stdout, flags=re.MULTILINE)[-1]
    ordered = sorted(seconds)
    print(f"{jobs} jobs; seconds: min {ordered[0]:.1f}, median {ordered[RUNS // 2]:.1f}, max {ordered[-1]:.1f}")
    print(f"heavy modules imported: {', '.join(sorted(modules & HEAVY)) or 'none'}")


if __name__ == "__main__":
    main()
