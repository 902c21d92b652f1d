"""What the rules ask: the jobs of a study in a world, each job's inputs, its spec and the fingerprint of its code.

Everything is known when the DAG is parsed, from configuration and registry alone. Nothing is read from the results but,
with `freeze_code`, the fingerprints that existing results record. Each file here is the part of the plan that has its
name: `plan.records` is in records.py.
"""

from xstilts.plan.plan import Plan, open_plan, opened

__all__ = ["Plan", "open_plan", "opened"]
