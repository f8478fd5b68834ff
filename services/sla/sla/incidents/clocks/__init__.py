"""The clocks of incidents: one for each response or resolution objective that applies to an incident."""
