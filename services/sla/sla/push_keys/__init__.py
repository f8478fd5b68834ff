"""The API keys of monitors, and the limits of what may be pushed with one: which series, how many, how fast."""
