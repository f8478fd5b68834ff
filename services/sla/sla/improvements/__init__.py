"""Improvements: what is done about what went wrong, and whether it helped."""
