"""Incidents as sources report them, their response and resolution clocks, and the deadlines of those clocks.

`clocks` evaluates and counts clocks; `projection` brings incidents and clocks up to date with what was reported.
"""
