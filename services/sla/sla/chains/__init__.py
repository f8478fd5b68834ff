"""Chains: which OLAs and underpinning contracts support an agreement, and whether they can hold what it promises."""
