"""Which of a base's averages stand where: those of the main table, and those over groups of a benchmark."""

from __future__ import annotations

from xstilts.report.findings import MEAN, Average, BaseFindings


def columns(found: BaseFindings) -> tuple[Average, ...]:
    """The averages that the main table ends with: the benchmarks', and the study's own where it is none of these."""
    whole = [one for one in found.averages if not is_group(one)]
    benchmarks = {frozenset(one.targets) for one in whole if one.name != MEAN}
    return tuple(one for one in whole if one.name != MEAN or frozenset(one.targets) not in benchmarks)


def groups(found: BaseFindings) -> tuple[Average, ...]:
    """The averages over groups of a benchmark's targets: `(XTREME: retrieval)`."""
    return tuple(one for one in found.averages if is_group(one))


def is_group(average: Average) -> bool:
    return ": " in average.name
