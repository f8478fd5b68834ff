"""The embedded stack: PostgreSQL, the broker and all services in one process behind one address."""
