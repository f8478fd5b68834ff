"""PostgreSQL: connections, the base of entities, the machinery's tables, migrations, locks and error classes."""
