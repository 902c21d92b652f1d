"""How well a checkpoint's layers align languages, measured on parallel sentences: see docs/alignment.md."""

OPERATORS = ("drop", "mask", "swap", "typo")
RATES = (0.1, 0.2, 0.3)
