"""Incidents: what their events say of them, the clocks of the objectives they fall under, and their deadlines."""
