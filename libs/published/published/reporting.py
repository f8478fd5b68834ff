"""The events of reporting: none yet."""
