"""What an event is, and the CloudEvents 1.0 names it travels under."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

_known: dict[str, type["Event"]] = {}


def collect_fields(model: type[BaseModel], sources: Sequence[object], given: Mapping[str, Any]) -> dict[str, Any]:
    """Collect the fields of `model`: from `given`, else from the first source that has an attribute of that name."""
    values = dict(given)
    for name in model.model_fields.keys() - given.keys():
        source = next((source for source in sources if hasattr(source, name)), None)
        if source is not None:
            values[name] = getattr(source, name)
    return values


class Event(BaseModel):
    """A fact about one aggregate, in the past tense; unknown fields are ignored, so that events can grow."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    service: ClassVar[str]
    """The service that emits it: catalog, sla, feedback, reporting or engagement."""
    aggregate: ClassVar[str]
    """The field with the aggregate's id: events of one aggregate are applied in the order they happened."""
    type_name: ClassVar[str]
    """A part of its CloudEvents type: public, so it is written down and outlives the name of the class."""
    major: ClassVar[int]
    for_customer: ClassVar[bool]
    """Whether those in `customer_id`, `customer_ids` or the audience `visible_to` hear of it as it happens. All others
    are the staff's: what a customer may not read, such as a draft, it must not hear of either.
    """

    def __init_subclass__(
        cls, *, service: str = "", aggregate: str = "", name: str = "", major: int = 1, for_customer: bool = False
    ) -> None:
        super().__init_subclass__()
        if service:
            cls.service, cls.aggregate, cls.type_name, cls.major = service, aggregate, name, major
            cls.for_customer = for_customer
            _known[cls.ce_type()] = cls

    @classmethod
    def ce_type(cls) -> str:
        return f"rapport.{cls.service}.{cls.type_name}.v{cls.major}"

    @classmethod
    def from_entity(cls, *sources: Any, **given: Any) -> Self:
        """Build the event: each field comes from `given`, else from the first source that has that attribute.

        The aggregate's id is the `id` of the first source, unless some source has it under the field's own name.
        """
        values = collect_fields(cls, sources, given)
        if cls.aggregate not in values and sources:
            values[cls.aggregate] = getattr(sources[0], "id", None)
        return cls.model_validate(values)

    @property
    def subject(self) -> str:
        """The aggregate's id: CloudEvents `subject` and `partitionkey`, and the Kafka record key."""
        value: UUID | str = getattr(self, self.aggregate)
        return str(value)


class EventPart(BaseModel):
    """A piece of an event with fields of its own."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True, from_attributes=True)

    @classmethod
    def from_entity(cls, *sources: Any, **given: Any) -> Self:
        """Build the piece: each field comes from `given`, else from the first source that has that attribute."""
        return cls.model_validate(collect_fields(cls, sources, given))


def topic_name(service: str) -> str:
    return f"rapport.{service}.v1"


def registered_events() -> dict[str, type[Event]]:
    """Every event class imported so far, by its CloudEvents type."""
    return dict(_known)
