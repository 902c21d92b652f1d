"""Training on DeepSpeed ranks and batched inference."""
