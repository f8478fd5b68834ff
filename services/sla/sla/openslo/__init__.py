"""OpenSLO v1: objectives and indicators imported from the open format for service level objectives, and exported."""
