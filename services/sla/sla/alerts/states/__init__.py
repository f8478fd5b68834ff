"""States: monitors that say what is up, down or degraded since when. Their reports are those of alerts."""
