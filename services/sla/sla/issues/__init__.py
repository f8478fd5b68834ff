"""Issues: what went wrong with a promise, how pressing it is, and what is done about it."""
