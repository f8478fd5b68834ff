"""Customers: agreements, months, issues, satisfaction and people of one, and its scorecards."""
