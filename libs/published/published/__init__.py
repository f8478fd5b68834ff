"""The events that services publish: one module per service."""
