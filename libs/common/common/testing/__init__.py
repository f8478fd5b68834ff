"""For tests: a pytest plugin, a token issuer and a clock that can be moved."""
