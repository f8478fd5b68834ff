"""Rapport's machinery, without a word of the domain."""
