"""The roll-up at work: one job splits pending pushes by indicator, and workers of every replica do what takes long.

Whoever changes hours of an indicator holds its lock. Refolds repeat a roll-up after a failure or on request.
"""
