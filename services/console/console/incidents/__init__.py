"""Incidents: the list with its clocks, one incident, and the import of a file of them."""
