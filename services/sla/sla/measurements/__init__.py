"""Measurements: from the push of a monitor to the minutes of an indicator, and to what can be read of them.

Receivers decode a push, ingest appends it to the push log, rollup turns the log into packed hours, and queries read.
"""
