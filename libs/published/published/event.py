"""What an event is, and the CloudEvents 1.0 names it travels under."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

_known: dict[str, type["Event"]] = {}


class Event(BaseModel):
    """A fact about one aggregate, in the past tense; unknown fields are ignored, so that events can grow."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    service: ClassVar[str]
    """The service that tells it: catalog, sla, feedback, reporting or engagement."""
    aggregate: ClassVar[str]
    """The field that holds the aggregate's id: events of one aggregate take effect in the order they happened."""
    type_name: ClassVar[str]
    """A part of its CloudEvents type: public, so it is written down and outlives the name of the class."""
    major: ClassVar[int]

    def __init_subclass__(cls, *, service: str = "", aggregate: str = "", name: str = "", major: int = 1) -> None:
        super().__init_subclass__()
        if service:
            cls.service, cls.aggregate, cls.type_name, cls.major = service, aggregate, name, major
            _known[cls.ce_type()] = cls

    @classmethod
    def ce_type(cls) -> str:
        return f"rapport.{cls.service}.{cls.type_name}.v{cls.major}"

    @property
    def subject(self) -> str:
        """The aggregate's id: CloudEvents `subject` and `partitionkey`, and the Kafka record key."""
        value: UUID | str = getattr(self, self.aggregate)
        return str(value)


class EventPart(BaseModel):
    """A piece of an event with fields of its own."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


def topic_name(service: str) -> str:
    return f"rapport.{service}.v1"


def registered_events() -> dict[str, type[Event]]:
    """Every event class imported so far, by its CloudEvents type."""
    return dict(_known)
