"""Messages about fields are plain English, whichever check of pydantic has refused the value."""

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, Strict, TypeAdapter, ValidationError
from pydantic_core._pydantic_core import list_all_errors

from common.http.validation_messages import describe_field_error, first_validation_error
from common.views import Currency, Instant, MachineName

PYTHON = re.compile(
    r"<|>|Input|should|instance|tuple|dict|\bfloat\b|\bint\b|\bstr\b|\bge\b|\ble\b|\bgt\b|\blt\b|NoneType|None|"
    r"\bTrue\b|\bFalse\b|\^|\$|\[|\\|regex|pydantic|callable|Value error|'|\{",
)


class Kind(StrEnum):
    OPENED = "opened"
    CLOSED = "closed"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Opened(BaseModel):
    kind: Literal[Kind.OPENED]


class Closed(BaseModel):
    kind: Literal[Kind.CLOSED]


AnyEvent = Annotated[Opened | Closed, Field(discriminator="kind")]


@pytest.mark.parametrize("kind", list_all_errors(), ids=lambda kind: str(kind["type"]))
def test_no_check_of_pydantic_speaks_of_python(kind: Any) -> None:
    context = dict(kind.get("example_context") or {})
    if kind["type"] in {"value_error", "assertion_error"}:
        context = {"error": ValueError("must be even")}
    message = describe_field_error(
        {"type": kind["type"], "loc": (), "msg": kind["message_template_python"], "ctx": context}
    )
    assert not PYTHON.search(message), message


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        (AnyEvent, {"kind": "ended"}, "kind must be one of opened, closed"),
        (AnyEvent, {}, "must have the field kind"),
        (Literal[Kind.OPENED, Kind.CLOSED], "x", "must be one of opened or closed"),
        (Kind, "x", "must be one of opened or closed"),
        (Level, 7, "must be one of 1 or 2"),
        (Literal["a"], "b", "must be a"),
        (tuple[int, int], 5, "must be a list"),
        (Annotated[int, Field(ge=3)], 2, "must be at least 3"),
        (Annotated[Decimal, Field(gt=0)], "0", "must be more than 0"),
        (Annotated[str, Field(min_length=1)], "", "must not be empty"),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "must have at most 1 item"),
        (MachineName, "a" * 201, "must have at most 200 characters"),
        (MachineName, "\u200b", "must not be empty"),
        (Sequence[int], "ab", "must be a list"),
        (Sequence[int], 5, "must be a list"),
        (Annotated[Decimal, Strict()], "0.99", "must be a number"),
        (Instant, "2026-02-30T10:00:00Z", "must be an RFC 3339 date-time"),
        (Annotated[str, Field(pattern="^a$")], "b", "see the pattern"),
        (Currency, "eur", "must be three capital letters, as EUR"),
    ],
)
def test_a_message_says_what_the_field_takes(annotation: Any, value: Any, message: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        TypeAdapter(annotation).validate_python(value)
    _, text = first_validation_error(refusal.value)
    assert message in text
    assert not PYTHON.search(text)
