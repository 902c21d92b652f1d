"""xstilts: does English intermediate training make a multilingual model better at a target task in other languages?"""

__version__ = "0.1.0"
