"""One module for each kind of task; each has `make(world, request)`, which yields records."""
