"""Negotiations: how two sides come to the same terms, step by step, on the record."""
