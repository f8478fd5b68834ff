"""Contracts: for how long IT serves a customer, by which channels and at which fees, and what both sides owe."""
