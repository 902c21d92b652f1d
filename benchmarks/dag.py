"""What the plan costs on top of Snakemake's own work: dry-runs of the real replication beside those of a bare workflow.

    python benchmarks/dag.py                           from the repository's root; 1,000, 5,000 and 20,000 jobs
    python benchmarks/dag.py --jobs 1000 --rounds 1    half a minute

Ours is `snakemake -n --quiet rules` of the study replication in the real world where no result exists yet, with as many
seeds as make about so many jobs. The bare workflow is written from what a dry-run of ours prints: the same rules with
the same wildcards, and for each job the same files (inputs, outputs, log, benchmark) under the same names. Its inputs
are read from a table; it has no params, resources, environments, configuration or package. Both are planned by the same
command, as processes of their own, in turns. Seconds are of the processor, since other work on the machine lengthens
those by the clock (a dry-run has one thread), and the median of the rounds; the ratio is of the medians, in brackets
that of each round.

Also prints which heavy modules a dry-run of ours imports: there must be none.

Goal: a ratio of at most 1.5 at each size.
"""

import argparse
import json
import re
import resource
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
JOBS = (1_000, 5_000, 20_000)
ROUNDS = 5
ONCE, EACH = 94, 305  # jobs of the real replication that all seeds share, and those of one more seed
HEAVY = {"torch", "transformers", "datasets", "deepspeed"}


def main() -> None:
    args = arguments()
    print("  jobs  files   ours s   bare s  ratio")
    for jobs in args.jobs:
        with TemporaryDirectory() as folder:
            compare(jobs, args.rounds, Path(folder))
    with TemporaryDirectory() as folder:
        print(f"heavy modules imported: {', '.join(sorted(heavy_imports(Path(folder)))) or 'none'}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, nargs="+", default=JOBS, help="about so many jobs")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="dry-runs of each workflow at each size")
    return parser.parse_args()


def compare(about: int, rounds: int, folder: Path) -> None:
    """Print a row: dry-runs of both workflows in turns."""
    ours = replication(max(1, round((about - ONCE) / EACH)), folder)
    planned = with_all(list(jobs_in(snakemake(*ours))))
    bare = ["--snakefile", str(write_bare(planned, folder)), "--directory", str(folder)]
    assert count(snakemake(*bare, "--quiet", "rules")) == count(snakemake(*ours, "--quiet", "rules")) == len(planned)
    seconds = [(clocked(*ours), clocked(*bare)) for _ in range(rounds)]
    medians = [statistics.median(side) for side in zip(*seconds, strict=True)]
    ratios = " ".join(f"{one / other:.2f}" for one, other in seconds)
    files = len({file for job in planned for files in job.files.values() for file in files})
    print(
        f"{len(planned):6,} {files:6,} {medians[0]:8.2f} {medians[1]:8.2f} {medians[0] / medians[1]:6.2f}  ({ratios})",
        flush=True,
    )


def replication(seeds: int, folder: Path) -> list[str]:
    """Arguments for Snakemake that plan the real replication with results in an empty folder."""
    study = f"studies={{replication: {{seeds: {list(range(1, seeds + 1))}}}}}"
    places = [f"results={folder}/results", f"downloads={folder}/downloads"]
    return ["--snakefile", str(ROOT / "Snakefile"), "--config", "world=real", "study=replication", study, *places]


def snakemake(*arguments: str, python: tuple[str, ...] = ()) -> str:
    """What a dry-run prints, on both streams."""
    command = [sys.executable, *python, "-m", "snakemake", "-n", "--nolock", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    return done.stdout + done.stderr


def clocked(*arguments: str) -> float:
    """Seconds of the processor that a dry-run takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    snakemake(*arguments, "--quiet", "rules")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def count(said: str) -> int:
    """Jobs that a dry-run counts."""
    return int(re.findall(r"^total +(\d+)", said, flags=re.MULTILINE)[-1])


def heavy_imports(folder: Path) -> set[str]:
    """Heavy modules that planning imports."""
    said = snakemake(*replication(1, folder), "--quiet", "rules", python=("-X", "importtime"))
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in said.splitlines() if "|" in line}
    assert "snakemake" in imported
    return imported & HEAVY


# the bare workflow ----------------------------------------------------------------------------------------------------
@dataclass
class Job:
    """A job as a dry-run prints it."""

    rule: str
    files: dict[str, list[str]] = field(default_factory=lambda: {"input": [], "output": [], "log": [], "benchmark": []})
    wildcards: dict[str, str] = field(default_factory=dict)

    def patterns(self, kind: str) -> list[str] | None:
        """Its files with the names of wildcards for their values; None where a value stands in a name twice."""
        found = []
        for file in self.files[kind]:
            for name, value in self.wildcards.items():
                file, times = re.subn(rf"(?<=/){re.escape(value)}(?=[/.])", f"{{{name}}}", file)
                if times != 1:
                    return None
            found.append(file)
        return found

    @property
    def key(self) -> str:
        """What its inputs are found by."""
        return " ".join(self.wildcards.values())


def jobs_in(said: str) -> Iterator[Job]:
    """The jobs that a dry-run prints, each once."""
    _, *blocks = re.split(r"^(?:local)?rule (\w+):$", said, flags=re.MULTILINE)
    for rule, block in zip(blocks[::2], blocks[1::2], strict=True):
        job = Job(rule)
        for name, value in re.findall(r"^    (\w+): (.+)$", block, flags=re.MULTILINE):
            if name in job.files:
                job.files[name] = value.split(", ")
            if name == "wildcards":
                job.wildcards = dict(pair.split("=", 1) for pair in value.split(", "))
        yield job


def with_all(jobs: list[Job]) -> list[Job]:
    """The rule `all` as well, of which a dry-run prints a message alone: it asks for what no other job reads."""
    read = {file for job in jobs for file in job.files["input"]}
    last = [file for job in jobs if not read.intersection(job.files["output"]) for file in job.files["output"]]
    target = Job("all")
    target.files["input"] = last
    return [target, *jobs]


def write_bare(jobs: list[Job], folder: Path) -> Path:
    """A Snakefile of the same jobs, and the table of their inputs."""
    by_rule: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        by_rule[job.rule].append(job)
    inputs = {rule: {job.key: job.files["input"] for job in members} for rule, members in by_rule.items()}
    (folder / "inputs.json").write_text(json.dumps(inputs), encoding="utf-8")
    text = ["import json", f"inputs = json.load(open({str(folder / 'inputs.json')!r}))", ""]
    text += [line for rule, members in by_rule.items() for line in bare_rule(rule, members)]
    path = folder / "Snakefile"
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return path


def bare_rule(rule: str, jobs: list[Job]) -> Iterator[str]:
    names = list(jobs[0].wildcards)
    yield f"rule {rule}:"
    if any(job.files["input"] for job in jobs):
        key = " ".join(f"{{w.{name}}}" for name in names)
        yield f'    input: lambda w: inputs["{rule}"][f"{key}"]'
    for kind in ("output", "log", "benchmark"):
        patterns = next(found for job in jobs if (found := job.patterns(kind)) is not None)
        for job in jobs:
            assert [pattern.format(**job.wildcards) for pattern in patterns] == job.files[kind]
        if patterns:
            yield f"    {kind}: {', '.join(map(repr, patterns))}"
    if names:
        deep = {name for name in names for job in jobs if "/" in job.wildcards[name]}
        constraints = [f"{name}=" + repr(".+" if name in deep else "[^/]+") for name in names]
        yield f"    wildcard_constraints: {', '.join(constraints)}"
    yield '    shell: "touch {output}"' if jobs[0].files["output"] else "    localrule: True"
    yield ""


if __name__ == "__main__":
    main()
