"""The PostgreSQL schema of this service, and the base of its mapped entities."""

from common.database.entities import Entity, metadata_for

SCHEMA = "reporting"


class Base(Entity):
    __abstract__ = True
    metadata = metadata_for(SCHEMA)
