"""Forecast open review periods: what can still be attained, how fast budgets are spent, how likely a breach is.

`unavoidable_breach` says when a budget is lost for good; `burn_rate_job` reports budgets that are spent too fast.
"""
