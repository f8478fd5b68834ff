"""What opens, joins and reopens issues: breaches of statements, silent indicators, fast burn rates, late incidents."""
