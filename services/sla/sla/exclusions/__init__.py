"""Exclusions: which time does not count by planned maintenance, waivers and suspensions, and why other time does."""
