"""Scores with their interval, drawn from counts that are released in blocks."""
