"""What reporting tells: nothing yet; it only listens."""
