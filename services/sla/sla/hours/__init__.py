"""Service hours: the time that counts for an agreement, on the wall clock of its own time zone."""
