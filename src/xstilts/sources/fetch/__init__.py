"""Bringing releases here: the only part of xstilts that asks the network, and that runs where Snakemake was started."""

MB = 1_000_000
"""Bytes: the unit of sizes in messages."""
