"""Evaluate objectives over windows and review periods, in exact integers: what was attained, and what credit is owed.

`period_evaluation` evaluates a whole period; `calculator` answers a single question; `store` loads the evidence.
"""
