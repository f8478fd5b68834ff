"""Agreements: their terms in words, how the current period stands, and the negotiation with the steps open to who looks."""
