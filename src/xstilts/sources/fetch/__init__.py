"""Bringing releases here: the only part of xstilts that asks the network, and that runs where Snakemake was started."""
