"""Compliance: what was attained of what was promised, and the statements that say so."""
