"""Public holidays of a country or a part of it, by the library `holidays`, or as they were frozen into a document."""

import warnings
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from importlib.metadata import version
from threading import Lock
from typing import Annotated, Self

import holidays
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from common.http.documentation.documented_model import DocumentedModel
from common.views import Day, Name, field_error
from sla.hours.closures import ClosureSource
from sla.hours.spans import DAY, Span, to_microseconds

_WARNINGS = Lock()
"""Held while warnings are ignored: threads that do so at once would restore each other's filters."""
HOLIDAY_LANGUAGE = "en_US"
"""The language of names, whatever the machine's settings; countries without English names keep their own."""


class PublicHoliday(DocumentedModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    on: Day
    name: Name

    def wall_spans(self, _first_year: int, _last_year: int) -> Iterator[Span]:
        start = to_microseconds(datetime.combine(self.on, time.min, UTC))
        yield Span(start, start + DAY)


@lru_cache(maxsize=1)
def supported_countries() -> dict[str, list[str]]:
    return holidays.list_supported_countries(include_aliases=False)


def _validate_country(code: str) -> str:
    if code not in supported_countries():
        raise ValueError("is not the ISO 3166-1 code of a country whose holidays are known")
    return code


class PublicHolidays(DocumentedModel):
    """The closed days of a country. Terms hold the days themselves, so that they stay as they were signed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: Annotated[str, StringConstraints(max_length=2), AfterValidator(_validate_country)] = Field(examples=["DE"])
    subdivision: Annotated[str, StringConstraints(max_length=40)] | None = Field(default=None, examples=["BY"])
    days: tuple[PublicHoliday, ...] | None = Field(default=None, max_length=5000)
    """Null: the days that the library knows when it is asked. Drafting terms writes them out."""
    source: Annotated[str, StringConstraints(max_length=100)] | None = None
    """What the days were taken from, and the years it was asked for."""

    @model_validator(mode="after")
    def _check_subdivision(self) -> Self:
        if self.subdivision is not None and self.subdivision not in supported_countries()[self.country]:
            raise field_error(
                "subdivision", f"{self.subdivision[:40]} is no subdivision of {self.country} with known holidays"
            )
        return self

    def with_frozen_days(self, first_year: int, last_year: int) -> Self:
        """Return holidays with the days of these years written out, unless they are already."""
        if self.days is not None:
            return self
        years = range(first_year, last_year + 1)
        days = tuple(day for year in years for day in public_holidays_in(self.country, self.subdivision, year))
        known_until = max((day.on.year for day in days), default=first_year - 1)
        gap = f", none known after {known_until}" if known_until < last_year else ""
        source = f"{holiday_library_version()}, {first_year} to {last_year}{gap}"
        return self.model_copy(update={"days": days, "source": source})

    def closure_sources(self) -> Sequence[ClosureSource]:
        return [self] if self.days is None else self.days

    def wall_spans(self, first_year: int, last_year: int) -> Iterator[Span]:
        """Return the days that the library knows of the years."""
        for year in range(first_year, last_year + 1):
            for day in public_holidays_in(self.country, self.subdivision, year):
                yield from day.wall_spans(year, year)


@lru_cache(maxsize=4096)
def public_holidays_in(country: str, subdivision: str | None, year: int) -> tuple[PublicHoliday, ...]:
    """Return the public holidays in order, with the substitutes for holidays on a weekend."""
    with _WARNINGS, warnings.catch_warnings():
        # For years far away the library knows only some days of a few countries, and warns about that.
        warnings.simplefilter("ignore", UserWarning)
        names: dict[date, str] = holidays.country_holidays(country, subdivision, years=year, language=HOLIDAY_LANGUAGE)
    return tuple(PublicHoliday(on=on, name=name[:200]) for on, name in sorted(names.items()))


def holiday_library_version() -> str:
    return f"holidays {version('holidays')}"
