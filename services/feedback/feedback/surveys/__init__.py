"""Surveys from draft to open: what is asked, on which scale, and how many answers a score needs."""
