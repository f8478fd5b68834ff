"""The roll-up of pushed samples into minutes, hour by hour, in the same transaction that takes pushes off the log.

The rollup job runs it; refolds repeat it after a failure or on request; late arrivals lead to restatements.
"""
