"""The clocks of incidents: one for each objective that applies to an incident; on next answers, one for each turn."""
