"""The roll-up of pushed samples into minutes, hour by hour, in the same transaction that takes pushes off the log.

`rollup_job` runs it, `sample_hours` and `histogram_hours` compute it, `refolds` repeats it after a failure or on
request, and `late_arrivals` notes what came too late for a period that may be closed.
"""
