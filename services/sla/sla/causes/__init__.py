"""Causes: what several issues have in common, from a suspected problem to a known error to its elimination."""
