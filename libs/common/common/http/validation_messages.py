"""What is wrong with a field, in plain English: pydantic's own messages speak of Python and of regular expressions."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from common.http.body_limits import describe_many_errors
from common.views import FIELD_ERROR, error_field

FieldFault = TypeVar("FieldFault", bound=Mapping[str, Any])

NOT_TRANSLATED = "has a value that this field does not take; see its description in the API documentation"

_MESSAGES: dict[str, str] = {
    "missing": "is required",
    "missing_argument": "is required",
    "extra_forbidden": "is not a field of this request; remove it",
    "string_type": "must be text",
    "string_sub_type": "must be text",
    "string_unicode": "must be text in UTF-8",
    "string_pattern_mismatch": "is not written as this field requires; see the pattern in the API documentation",
    "string_too_long": "must have at most {max_length} characters",
    "bytes_type": "must be text",
    "none_required": "must be null",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a whole number of ordinary size",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "decimal_type": "must be a number",
    "decimal_parsing": "must be a number",
    "decimal_max_digits": "must have at most {max_digits} digits",
    "decimal_max_places": "must have at most {decimal_places} decimal places",
    "decimal_whole_digits": "must have at most {whole_digits} digits before the decimal point",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "set_type": "must be a list",
    "frozen_set_type": "must be a list",
    "iterable_type": "must be a list",
    "sequence_str": "must be a list",
    "is_instance_of Sequence": "must be a list",
    "is_instance_of Decimal": "must be a number",
    "dict_type": "must be an object",
    "mapping_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dataclass_type": "must be an object",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID, as 01900000-0000-7000-8000-000000000001",
    "uuid_version": "must be a UUID of version {expected_version}",
    "date_type": "must be a day, as 2026-11-22",
    "date_parsing": "must be a day, as 2026-11-22",
    "date_from_datetime_parsing": "must be a day, as 2026-11-22",
    "date_from_datetime_inexact": "must be a day, as 2026-11-22",
    "time_type": "must be a time of day, as 09:30",
    "time_parsing": "must be a time of day, as 09:30",
    "datetime_type": "must be an RFC 3339 date-time with an offset, as 2026-11-22T09:30:00Z",
    "datetime_parsing": "must be an RFC 3339 date-time with an offset, as 2026-11-22T09:30:00Z",
    "datetime_from_date_parsing": "must be an RFC 3339 date-time with an offset, as 2026-11-22T09:30:00Z",
    "datetime_object_invalid": "must be an RFC 3339 date-time with an offset, as 2026-11-22T09:30:00Z",
    "timezone_aware": "must have an offset from UTC, as 2026-11-22T09:30:00Z",
    "time_delta_type": "must be an ISO 8601 duration, as PT8H",
    "time_delta_parsing": "must be an ISO 8601 duration, as PT8H",
    "json_type": "must be text that holds JSON",
    "recursion_loop": "is nested in itself",
}
_CHOICE = re.compile(r"<[^<>]*: ([^<>]*)>")
"""How Python prints a member of an enumeration: its value is the group."""


def describe_field_error(error: ErrorDetails | Mapping[str, Any]) -> str:
    """Return what is wrong in words that hold no Python and do not echo the value."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in {"value_error", "assertion_error"}:
        return str(context["error"]) if "error" in context else str(error["msg"]).partition(", ")[2]
    if kind == "json_invalid":
        return "must be valid JSON"
    if kind in {"literal_error", "enum", "union_tag_invalid", "union_tag_not_found"}:
        return _describe_choice(kind, context)
    if kind in {"too_short", "too_long", "string_too_short"}:
        return _describe_length(kind, context)
    if kind == FIELD_ERROR:
        return str(error["msg"])
    message = _MESSAGES.get(kind) or _MESSAGES.get(f"{kind} {context.get('class')}", NOT_TRANSLATED)
    return message.format_map(context)


def without_effects(errors: Sequence[FieldFault]) -> list[FieldFault]:
    """Leave out errors that only follow from others: defaults that were not made, and lists without wrong items."""
    outer_places = {error["loc"][:length] for error in errors for length in range(len(error["loc"]))}
    return [
        error
        for error in errors
        if error["type"] != "default_factory_not_called"
        and not (error["type"] == "too_short" and error["loc"] in outer_places)
    ]


def first_validation_error(error: ValidationError) -> tuple[str, str]:
    """Return the field that the first error is about, as `samples[3].at`, and its message, which echo no value."""
    if reason := describe_many_errors(error):
        return "body", reason
    first = error.errors(include_input=False, include_url=False)[0]
    place = (*first["loc"], *error_field(first))
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part[:60]}" for part in place)
    return path.removeprefix(".") or "body", describe_field_error(first)


def _describe_choice(kind: str, context: Mapping[str, Any]) -> str:
    if kind == "union_tag_not_found":
        return f"must have the field {_unquote(context['discriminator'])}"
    if kind == "union_tag_invalid":
        return f"{_unquote(context['discriminator'])} must be one of {_unquote(context['expected_tags'])}"
    choices = _unquote(context["expected"])
    return f"must be {'one of ' if ',' in choices or ' or ' in choices else ''}{choices}"


def _unquote(choices: str) -> str:
    return _CHOICE.sub(r"\1", choices).replace("'", "")


def _describe_length(kind: str, context: Mapping[str, Any]) -> str:
    is_text = kind == "string_too_short" or context.get("field_type") == "Value"  # of a text that was cleaned first
    noun = "character" if is_text else "item"
    if kind == "too_long":
        limit = context["max_length"]
        return f"must have at most {limit} {noun}{'s' if limit != 1 else ''}"
    if context["min_length"] == 1:
        return "must not be empty"
    return f"must have at least {context['min_length']} {noun}s"
