"""Request and answer shapes of the limits of push keys."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field

from common.views import View, distinct
from sla.indicators.errors import InvalidSelector
from sla.indicators.selectors import MAX_SELECTOR_LENGTH, parse_matchers

MAX_LISTED = 50
MAX_COUNT = 10**12


def _check_selector(text: str) -> str:
    try:
        parse_matchers(text)
    except InvalidSelector as error:
        raise ValueError(error.message) from None
    return text


SeriesSelector = Annotated[str, Field(max_length=MAX_SELECTOR_LENGTH), AfterValidator(_check_selector)]


class NewPushLimits(View):
    series: Annotated[list[SeriesSelector], Field(max_length=MAX_LISTED)] = Field(
        default=[],
        description="Selectors of the series that may be pushed: one has to match. They need not name a metric.",
        examples=[['{team="shop"}']],
    )
    indicators: Annotated[list[UUID], Field(max_length=MAX_LISTED), distinct("name each indicator once")] = Field(
        default=[],
        description="Indicators that may be pushed to, by their ids or by series that are bound to them. Without these "
        "and `series`, any series may be pushed.",
    )
    samples_per_minute: Annotated[int, Field(ge=1, le=MAX_COUNT)] | None = Field(
        default=None, description="On average, in each process that receives pushes.", examples=[60000]
    )
    max_series: Annotated[int, Field(ge=1, le=MAX_COUNT)] | None = Field(
        default=None, description="How many series may be pushed that nobody pushed before.", examples=[2000]
    )


class PushLimitsView(NewPushLimits):
    series_added: int = Field(description="How many series were first pushed with the key.", examples=[12])

    @classmethod
    def from_limits(cls, limits: Any) -> "PushLimitsView":
        return cls.from_entity(limits, series=limits.selectors, indicators=limits.indicator_ids)
