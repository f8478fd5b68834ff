"""The rapport command: everything in one process on one machine."""
