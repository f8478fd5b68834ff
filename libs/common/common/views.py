"""The base of requests and answers, and the types of their fields."""

import re
from collections.abc import Callable, Collection, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal, Self, TypeVar

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from common.http.documentation.documented_model import DocumentedModel
from common.names import canonical_name, check_text, check_visible, clean_name
from published.event import collect_fields

Items = TypeVar("Items", bound=Collection[Any])
Model = TypeVar("Model", bound=BaseModel)

STORED: dict[str, Any] = {"stored": True}
"""The validation context of what is stored: its names and texts are shown as they are, whatever is refused today."""

FIELD_ERROR: Literal["field_error"] = "field_error"
LONGEST_NAME = 200
DAY_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


class View(DocumentedModel):
    """A shape of the HTTP interface: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Read the fields of a request, or an entity, whose names and texts are shown as they are stored."""
        is_entity = not isinstance(obj, Mapping)
        return super().model_validate(obj, **({"context": STORED} if is_entity else {}) | options)

    @classmethod
    def from_entity(cls, *sources: Any, **given: Any) -> Self:
        """Build the view: each field comes from `given`, else from the first source that has that attribute."""
        return cls.model_validate(collect_fields(cls, sources, given), by_name=True, context=STORED)


def read_stored(model: type[Model], source: Any) -> Model:
    """Read a stored document or entity into a model, names and texts as they are."""
    return model.model_validate(source, context=STORED)


def read_frozen(model: type[Model], document: Any) -> Model:
    """Read a stored document into a frozen model, which all documents of the same content share."""
    return _read_json(model, orjson.dumps(document))  # type: ignore[return-value]  # the cache forgets which model


@lru_cache(maxsize=128)
def _read_json(model: type[BaseModel], content: bytes) -> BaseModel:
    return read_stored(model, orjson.loads(content))


class Change(View):
    """The body of a PATCH: only fields that were sent take effect. Declare them as `name: Name | MISSING = MISSING`."""

    def apply_to(self, entity: object, *, besides: Collection[str] = ()) -> None:
        """Set the fields that were sent on `entity`, except those in `besides`."""
        for name, value in self.model_dump(include=self.model_fields_set.difference(besides)).items():
            setattr(entity, name, value)


def field_error(field: str, message: str) -> PydanticCustomError:
    """Build the error of a model's validator about one of its fields, which else would be about the whole model."""
    return PydanticCustomError(FIELD_ERROR, "{message}", {"field": field, "message": message})


@dataclass(frozen=True)
class Written:
    """Refuses text that does not match the whole pattern; the message says in words what the pattern asks for."""

    pattern: str
    message: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema) | {"pattern": self.pattern}

    def _check(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise ValueError(self.message)
        return text


def error_field(error: Mapping[str, Any]) -> list[str]:
    """Return the field that a model's validator named, as the last part of its place."""
    return [error["ctx"]["field"]] if error["type"] == FIELD_ERROR else []


def distinct(message: str, key: Callable[[Any], Hashable] = lambda item: item) -> AfterValidator:
    """Build the validator of a list whose items differ by `key`; `message` says so."""

    def check(items: Items) -> Items:
        if len({key(item) for item in items}) < len(items):
            raise ValueError(message)
        return items

    return AfterValidator(check)


def check_storable(text: str) -> str:
    """Refuse what PostgreSQL cannot store as text."""
    if "\x00" in text:
        raise ValueError("must not contain the character U+0000")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain half of a surrogate pair") from None
    return text


def make_storable(text: str, longest: int) -> str:
    """Return what a machine wrote as PostgreSQL can store it, cut to the `longest` length: a machine sends it once."""
    text = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _written(value: Any) -> Any:
    """Accept only RFC 3339: a number could mean seconds or milliseconds since 1970."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and RFC_3339.fullmatch(value.upper()):
        with suppress(ValueError):  # no such day or time
            return datetime.fromisoformat(value.upper())
    raise ValueError("must be an RFC 3339 date-time with an offset, as 2026-11-22T09:30:00Z")


def _written_day(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and DAY_PATTERN.fullmatch(value)):
        return value
    raise ValueError("must be a day, as 2026-11-22")


def _decimal(value: Any) -> Any:
    """Read a JSON number by its shortest decimal form, so that 0.1 stays 0.1."""
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 - pydantic turns ValueError into a 422
    return str(value) if isinstance(value, float) else value


def _sensible(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -12 or value.adjusted() > 18:  # noqa: PLR2004
        raise ValueError("must be a finite number of ordinary size")
    return value


def _of_requests(check: Callable[[str], str]) -> AfterValidator:
    """Build the validator that checks what is sent, and leaves what is stored as it is."""

    def check_sent(text: str, info: ValidationInfo) -> str:
        return text if info.context is STORED else check(text)

    return AfterValidator(check_sent)


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME),
    AfterValidator(check_storable),
    _of_requests(canonical_name),
]
"""A name as a person gives it: kept in one form, and refused with an invisible character in it."""
MachineName = Annotated[
    str,
    BeforeValidator(lambda name: clean_name(name) if isinstance(name, str) else name),
    StringConstraints(min_length=1, max_length=LONGEST_NAME),
]
"""A name that a tool sends, or somebody searches for: brought into the form of `Name`, not refused."""
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=10_000),
    AfterValidator(check_storable),
    _of_requests(check_text),
]
RequiredText = Annotated[Text, StringConstraints(min_length=1), _of_requests(check_visible)]
"""A text that may not be empty, such as a reason."""
LongMachineText = Annotated[str, AfterValidator(lambda text: make_storable(text, 20_000))]
"""A text of a machine: what cannot be stored is replaced, and what is too long is cut."""
ShortMachineText = Annotated[str, AfterValidator(lambda text: make_storable(text, LONGEST_NAME))]
Instant = Annotated[AwareDatetime, BeforeValidator(_written)]
Day = Annotated[date, BeforeValidator(_written_day), Field(ge=date(1900, 1, 1), lt=date(2200, 1, 1))]
WholeNumber = Annotated[int, Strict()]
"""An integer; neither digits as text nor true, which Python takes for 1."""
Flag = Annotated[bool, Strict()]
Count = Annotated[WholeNumber, Field(ge=0, le=2**53)]
Number = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_sensible)]
Percent = Annotated[Number, Field(ge=0, le=100)]


Currency = Annotated[
    str,
    Written(r"^[A-Z]{3}$", "must be three capital letters, as EUR"),
    Field(description="ISO 4217.", examples=["EUR"]),
]
Sha256 = Annotated[str, Written(r"^[0-9a-f]{64}$", "must be a SHA-256 in 64 lower-case hexadecimal digits")]


class Reason(View):
    """The reason for a step, in a person's words."""

    reason: RequiredText


class Money(View):
    amount: Annotated[Number, Field(ge=0, decimal_places=4)]
    currency: Currency
