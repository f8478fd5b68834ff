"""Exclusions: time that does not count, because of planned maintenance or because the customer waived it."""
