"""Surveys from draft to open: the question, its scale, and the number of answers that a score needs."""
