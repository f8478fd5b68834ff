"""Surveys: asking the people of customers, and what came of it."""
