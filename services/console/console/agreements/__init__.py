"""Agreements: their terms in words, the current period to date, and the steps of negotiation that are open."""
