"""Answers from the terminal, over the score files that are there now: the work behind scripts/results.py."""
