"""Statements: the signed result of each closed review period, chained to the one before, restated on corrections."""
