"""Statements: what each review period came to, and whether it can be computed again."""
