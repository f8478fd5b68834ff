"""Services and their offerings: tiers, prices, contacts, and the customers that may see them."""
