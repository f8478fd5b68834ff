"""Negotiations: how the two sides of an agreement come to the same terms, step by step, on the record."""
