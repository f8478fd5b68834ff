"""Agreements: what the provider promises a customer, in versions, and which version is in force when."""
