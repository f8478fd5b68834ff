"""Agreements: what IT and a customer promise each other, how they came to it, and which version binds when."""
