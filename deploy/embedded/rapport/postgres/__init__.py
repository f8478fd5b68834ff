"""The PostgreSQL of the embedded stack: account, data directory, server, and the set-up of the databases."""
