"""Causes: what issues of several customers have in common, and whether it is known and gone."""
