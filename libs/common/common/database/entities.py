"""The base of all mapped entities, and what several of them have in common."""

import re
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Date, DateTime, Enum, MetaData, Numeric, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.orm.attributes import flag_modified

from common.ids import new_id

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


PERSONAL: dict[Any, Any] = {"personal": True}
"""`mapped_column(info=PERSONAL)` keeps a person's data out of the audit trail, so that it can be erased."""


def metadata_for(schema: str) -> MetaData:
    return MetaData(schema=schema, naming_convention=NAMING_CONVENTION)


class Entity(DeclarativeBase):
    """The parent of each service's Base, which adds the service's own metadata."""

    __abstract__ = True
    __audited__: ClassVar[bool] = True
    noun: ClassVar[str] = "entity"
    """What messages to people call it; by default the words of the class name."""
    open_to_customers: ClassVar[bool] = False
    """Whether customers may see it although it has no customer; its room narrows down what they see."""

    def __init_subclass__(cls, **options: Any) -> None:
        if "noun" not in cls.__dict__:
            cls.noun = " ".join(re.findall("[A-Z][a-z0-9]*", cls.__name__.removesuffix("Replica"))).lower()
        super().__init_subclass__(**options)

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        date: Date(),
        Decimal: Numeric(),
        UUID: Uuid(),
        str: Text(),
        dict[str, Any]: JSONB(),
        list[str]: JSONB(),
        list[dict[str, Any]]: JSONB(),
    }


class Identified:
    """Gives an entity a UUIDv7 primary key and the time of its creation."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Versioned:
    """Counts an entity's changes: the version is its ETag and guards against lost updates."""

    version: Mapped[int] = mapped_column()
    modified_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    """When the row was last written, by the clock of the database, where a trigger sets it."""

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class Touched:
    """Remembers when it, or anything that belongs to it, was last changed: such a change is a new version of it."""

    changed_at: Mapped[datetime]

    def touch(self, at: datetime) -> None:
        self.changed_at = at
        flag_modified(self, "changed_at")  # two changes of one instant are two versions


def text_enum(values: type[StrEnum], name: str) -> Enum:
    """Build the column type of text restricted to the members of `values` by the check constraint `name`."""
    return Enum(
        values,
        native_enum=False,
        create_constraint=True,
        name=name,
        length=max(len(value) for value in values) + 8,
        values_callable=lambda members: [member.value for member in members],
    )
