"""Queries: the series seen so far, trials of selectors and indicators, and the minutes that were measured."""
