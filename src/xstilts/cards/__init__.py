"""Cards: the README.md of a checkpoint and of a study, and what they are made from."""
