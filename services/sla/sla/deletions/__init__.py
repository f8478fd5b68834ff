"""Deleting what was made by mistake: drafts that nobody else has seen, and what nothing refers to."""
