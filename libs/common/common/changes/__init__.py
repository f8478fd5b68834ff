"""Live updates: the events of a service as hints that pages listen to, from the outbox, each once."""
