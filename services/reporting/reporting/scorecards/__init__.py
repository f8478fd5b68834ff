"""Scorecards, built from events alone: what a customer was promised and got in a month, and how satisfied it is."""
