"""Chains: which agreements with teams and vendors carry an agreement, and whether they can hold what it promises."""
