"""For tests: a pytest plugin, databases, scenarios, a token issuer and a clock that can be moved."""
