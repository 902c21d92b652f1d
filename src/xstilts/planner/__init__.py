"""The plan of what is pending: work by kind, its critical path, its time and room, and what will not fit."""
