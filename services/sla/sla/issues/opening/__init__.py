"""What opens, joins and reopens issues: breaches of statements, silent indicators, late incidents.

Burn rates that are too high come from `compliance.forecast.burn_rate_job`, as concerns.
"""
