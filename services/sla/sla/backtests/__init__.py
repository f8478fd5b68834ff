"""Back-tests: what the statements of past review periods would have said, had other terms been in force."""
