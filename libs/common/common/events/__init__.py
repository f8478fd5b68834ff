"""Events between services: outbox and relay send them, consumer and inbox receive them, each exactly once."""
