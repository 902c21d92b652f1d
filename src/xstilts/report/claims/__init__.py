"""The claims ledger: statements held against what a study measured."""

from xstilts.report.claims.judge import judge

__all__ = ["judge"]
