"""Services and what is offered of them: tiers, prices, contacts, and which customers may see it."""
