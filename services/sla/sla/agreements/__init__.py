"""Agreements: what IT promises a customer, in versions, and which of them binds when."""
