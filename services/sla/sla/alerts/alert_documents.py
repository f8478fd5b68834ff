"""The documents in which monitors tell of alerts and states: how they are parsed, and what they may hold."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from common.errors import DomainError
from common.http.json_size import check_json_size
from common.http.validation_messages import first_validation_error
from common.views import LongMachineText, ShortMachineText
from sla.alerts.errors import AlertsUnreadable

EARLIEST_START = datetime(2000, 1, 1, tzinfo=UTC)
MAX_LABELS = 200

Parsed = TypeVar("Parsed")

AlertTexts = Annotated[
    dict[ShortMachineText, LongMachineText],
    AfterValidator(lambda texts: dict(list(texts.items())[:MAX_LABELS])),
]


class AlertModel(BaseModel):
    """A part of what a sender of alerts writes; fields that later versions add are ignored."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


def parse_json(body: bytes, unreadable: type[DomainError] = AlertsUnreadable) -> Any:
    """Parse a body. Raise TooLarge, or the given error if it is not JSON."""
    check_json_size(body)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise unreadable("The body is not JSON in UTF-8.") from None


def parse_each(
    documents: Sequence[Any], parse: Callable[[Any], Parsed], container: str
) -> tuple[list[Parsed], list[str]]:
    """Parse the documents; refusals name the place and field of each invalid one, and what is wrong."""
    parsed, refusals = [], []
    for place, document in enumerate(documents):
        try:
            parsed.append(parse(document))
        except ValidationError as error:
            field, reason = first_validation_error(error)
            refusals.append(f"{container}[{place}].{field}: {reason}")
        except (ValueError, OverflowError) as error:
            refusals.append(f"{container}[{place}].{error}")
    return parsed, refusals
