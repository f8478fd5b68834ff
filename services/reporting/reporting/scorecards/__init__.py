"""Scorecards, from events alone: what a customer was promised and got in a month, and what its people think of it."""
