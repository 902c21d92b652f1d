"""What a job will take, worked out before it runs: docs/cost.md. Nothing here imports torch."""
