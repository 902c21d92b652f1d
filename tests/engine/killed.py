"""Evaluations that end as a power cut ends them: each in a process of its own, killed after so many batches.

    python killed.py JOBS    JSON: for each evaluation its target, `out`, `state` and `after`

Prints the number of the signal that each ended with. The processes are forks of one, since imports take seconds.
"""

import json
import os
import signal
import sys
from pathlib import Path

from xstilts.engine import answers
from xstilts.engine.predict import Running, predict_target
from xstilts.specs import PredictSpec


def killed(job: dict) -> None:
    """Predict until so many batches have been answered, each of which is written down."""
    plain, left = answers.Answers.add, iter(range(job["after"] - 1, -1, -1))

    def add(self: answers.Answers, *said: object) -> None:
        plain(self, *said)
        if not next(left):
            os.kill(os.getpid(), signal.SIGKILL)

    answers.Answers.add = add
    records, tokens = ([Path(name) for name in job[key]] for key in ("records", "tokens"))
    running = Running(micro_tokens=job["micro_tokens"], state=Path(job["state"]), pause=0)
    spec = PredictSpec.read(json.dumps(job["spec"]))
    predict_target(spec, running, Path(job["checkpoint"]), records, tokens, Path(job["out"]), "code")


def main() -> None:
    for job in json.loads(sys.argv[1]):
        child = os.fork()
        if not child:
            killed(job)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main()
