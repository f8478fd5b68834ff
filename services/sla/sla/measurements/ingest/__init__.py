"""Ingest: finds the series of a decoded push, and appends it to the push log before it is acknowledged."""
