"""Forecast open review periods: what can still be attained, how fast budgets are spent, how likely a breach is.

`remaining_budget` says when a budget is lost for good; `burn_rate_alerts` reports budgets that are spent too fast.
"""
