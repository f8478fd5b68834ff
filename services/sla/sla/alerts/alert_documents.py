"""The documents in which monitors tell of alerts and states: how they are parsed, and what they may hold."""

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from common.errors import DomainError
from common.http.body_limits import check_json_size
from common.http.validation_messages import first_validation_error
from common.views import LongMachineText, ShortMachineText
from sla.alerts.errors import AlertsUnreadable

MAX_DECODED_BYTES = 32 * 1024 * 1024
MAX_MENDED_BYTES = 256 * 1024
"""The longest body in which halves of characters are looked for."""
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
MAX_LABELS = 200

Parsed = TypeVar("Parsed")


def _cut_texts(texts: Any) -> Any:
    """Leave out the texts beyond the most that an alert has, before any of them is checked."""
    return dict(islice(texts.items(), MAX_LABELS)) if isinstance(texts, dict) else texts


AlertTexts = Annotated[dict[ShortMachineText, LongMachineText], BeforeValidator(_cut_texts)]


class AlertModel(BaseModel):
    """A part of what a sender of alerts writes; fields that later versions add are ignored."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_null(cls, document: Any) -> Any:
        """Leave out what is null, as senders write it for what they do not have."""
        if not isinstance(document, dict):
            return document
        return {name: value for name, value in document.items() if value is not None}


def parse_json(body: bytes, unreadable: type[DomainError] = AlertsUnreadable) -> Any:
    """Parse a body. Raise TooLarge, or the given error if it is not JSON."""
    check_json_size(body)
    try:
        return _load_json(body)
    except orjson.JSONDecodeError:
        raise unreadable("The body is not JSON in UTF-8.") from None


def _load_json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:  # perhaps for a text that was cut within a character
        if len(body) > MAX_MENDED_BYTES:
            raise
        return orjson.loads(_ESCAPE.sub(_replace_half, body))


def _replace_half(escape: re.Match[bytes]) -> bytes:
    """Replace half of a surrogate pair, which is no text, and leave all other escapes."""
    return b"\\ufffd" if escape["half"] else escape[0]


def parse_each(
    documents: Iterable[tuple[int, Any]], parse: Callable[[Any], Parsed], container: str
) -> tuple[dict[int, Parsed], list[str]]:
    """Parse the documents, given with their places; of those that are invalid, the first refusal names place and field,
    and what is wrong.
    """
    parsed, refusals = dict[int, Parsed](), list[str]()
    for place, document in documents:
        try:
            parsed[place] = parse(document)
        except ValidationError as error:
            field, reason = first_validation_error(error) if not refusals else ("", "")
            refusals.append(f"{container}[{place}].{field}: {reason}")
        except (ValueError, OverflowError) as error:
            refusals.append(f"{container}[{place}].{error}")
    return parsed, refusals
