"""The terms of a contract: the document both sides sign, and amend by another one."""

from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from common.views import Money, Name, Percent, Text, WholeNumber
from sla.agreements.objectives import TermsModel
from sla.agreements.terms import ServiceDay
from sla.hours.calendar import Calendar
from sla.hours.time_zones import load_zone

Months = Annotated[WholeNumber, Field(ge=1, le=600)]
DEFAULT_REMIND_DAYS = (90, 30, 7)


class Channel(StrEnum):
    PHONE = "phone"
    MAIL = "mail"
    PORTAL = "portal"
    CHAT = "chat"
    ON_SITE = "on_site"


class ServiceChannel(TermsModel):
    """One way to be served."""

    channel: Channel
    reach: Name = Field(examples=["+33 1 23 45 67 89"])
    """A number, an address, a site."""
    hours: Calendar | None = None
    """Null: at any time."""
    purpose: Text = Field(default="", examples=["Hardware that has to be exchanged"])


class NoticePeriod(TermsModel):
    """In months or in days, before the last day of a term."""

    months: Annotated[WholeNumber, Field(ge=1, le=60)] | None = None
    days: Annotated[WholeNumber, Field(ge=0, le=1830)] | None = None

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if (self.months is None) == (self.days is None):
            raise ValueError("notice is given in months or in days")
        return self


class FeePeriod(StrEnum):
    ONCE = "once"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Indexation(TermsModel):
    """The fee rises by so much, again and again, each time rounded half up to the cent."""

    percent: Annotated[Percent, Field(gt=0)]
    every_months: Annotated[WholeNumber, Field(ge=1, le=120)] = 12


class Fee(TermsModel):
    name: Name = Field(examples=["Operation of the shop"])
    fee: Money
    per: FeePeriod
    indexation: Indexation | None = None


class Signatory(TermsModel):
    """A party as the contract names it."""

    name: Name = Field(examples=["Example Ltd"])
    address: Text = ""
    represented_by: Name | None = None


def _reminders(days: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(days), reverse=True))


class ContractTerms(TermsModel):
    title: Name
    reference: Name | None = None
    """The number under which it is filed."""
    provider: Signatory
    customer: Signatory
    timezone: Annotated[str, AfterValidator(lambda name: load_zone(name).key)] = Field(examples=["Europe/Paris"])
    """In which days begin."""
    starts_on: ServiceDay
    initial_months: Months
    renewal_months: Months | None = None
    """By which it renews itself unless notice was given; null: it ends after its initial term."""
    notice: NoticePeriod | None = None
    remind_days: Annotated[
        tuple[Annotated[WholeNumber, Field(ge=0, le=730)], ...], Field(max_length=10), AfterValidator(_reminders)
    ] = DEFAULT_REMIND_DAYS
    """How many days before a notice date people are reminded of it."""
    channels: tuple[ServiceChannel, ...] = Field(default=(), max_length=50)
    fees: tuple[Fee, ...] = Field(default=(), max_length=50)

    @model_validator(mode="after")
    def _renewal_has_notice(self) -> Self:
        if (self.renewal_months is None) != (self.notice is None):
            raise ValueError("a contract that renews itself has a notice, and only such a contract")
        return self

    @model_validator(mode="after")
    def _fees_differ(self) -> Self:
        if len({fee.name.casefold() for fee in self.fees}) < len(self.fees):
            raise ValueError("fees have different names")
        return self

    def local_day(self, instant: datetime) -> date:
        return instant.astimezone(load_zone(self.timezone)).date()

    def start_of_day(self, day: date) -> datetime:
        """The instant at which the day begins, UTC."""
        return datetime.combine(day, time.min, load_zone(self.timezone)).astimezone(UTC)

    def duration_clauses(self) -> tuple[int, int | None, NoticePeriod | None]:
        """What decides how long it lasts."""
        return self.initial_months, self.renewal_months, self.notice

    def to_document(self) -> dict[str, Any]:
        return self.model_dump(mode="json")
