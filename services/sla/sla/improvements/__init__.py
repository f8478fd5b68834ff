"""Improvements: the register of what is done about issues and low scores, up to the verified effect."""
