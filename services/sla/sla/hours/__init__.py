"""Service hours: when a promise counts, on the wall clock of its own time zone."""
