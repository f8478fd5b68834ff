"""Waivers: time that the customer does not hold against the provider, once others than the requester approved."""
