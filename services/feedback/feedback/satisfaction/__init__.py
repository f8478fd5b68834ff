"""Scores with their interval, computed from counts that are released in blocks."""
