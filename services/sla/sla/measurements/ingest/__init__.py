"""Ingest: finds the series of a decoded push, refuses what can never be kept, and appends the rest to the push log."""
