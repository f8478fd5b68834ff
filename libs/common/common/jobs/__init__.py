"""Background work: periodic jobs, due rows, retries of failed items, and loops that are kept running."""
