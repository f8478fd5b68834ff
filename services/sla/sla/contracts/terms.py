"""The terms of a contract: the document that both sides sign, and amend by another one."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from common.views import Money, Name, Percent, Text, WholeNumber, distinct, field_error
from sla.agreements.objectives import TermsModel
from sla.agreements.terms import NoticePeriod, ServiceDay
from sla.hours import time_zones
from sla.hours.calendar import Calendar, TimeZone
from sla.hours.time_zones import load_zone

Months = Annotated[WholeNumber, Field(ge=1, le=600)]
RemindDays = tuple[Annotated[WholeNumber, Field(ge=0, le=730)], ...]
LongestFirst = AfterValidator(lambda days: tuple(sorted(set(days), reverse=True)))
DEFAULT_REMIND_DAYS = (90, 30, 7)


class Channel(StrEnum):
    PHONE = "phone"
    MAIL = "mail"
    PORTAL = "portal"
    CHAT = "chat"
    ON_SITE = "on_site"


class ServiceChannel(TermsModel):
    """A way in which the customer reaches the service."""

    channel: Channel
    reach: Name = Field(examples=["+33 1 23 45 67 89"])
    """A number, an address or a site."""
    hours: Calendar | None = None
    """Null: at any time."""
    purpose: Text = Field(default="", examples=["Hardware that has to be exchanged"])


class FeePeriod(StrEnum):
    ONCE = "once"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Indexation(TermsModel):
    """A rise of the fee at fixed intervals, each time rounded half up to the smallest unit of the currency."""

    percent: Annotated[Percent, Field(gt=0)]
    every_months: Annotated[WholeNumber, Field(ge=1, le=120)] = 12


class Fee(TermsModel):
    name: Name = Field(examples=["Operation of the shop"])
    fee: Money
    per: FeePeriod
    indexation: Indexation | None = None


class Signatory(TermsModel):
    """A party of the contract, as the contract names it."""

    name: Name = Field(examples=["Example Ltd"])
    address: Text = ""
    represented_by: Name | None = None


class ContractTerms(TermsModel):
    title: Name
    reference: Name | None = None
    """The number under which the contract is filed."""
    provider: Signatory
    customer: Signatory
    timezone: TimeZone = Field(examples=["Europe/Paris"])
    """The zone in which its days begin."""
    starts_on: ServiceDay
    initial_months: Months
    renewal_months: Months | None = None
    """The length of each renewal unless notice is given; null: it ends after its initial term."""
    notice: NoticePeriod | None = None
    remind_days: Annotated[RemindDays, Field(max_length=10), LongestFirst] = DEFAULT_REMIND_DAYS
    """How many days before a notice date people are reminded of it, longest first."""
    channels: tuple[ServiceChannel, ...] = Field(default=(), max_length=50)
    fees: Annotated[
        tuple[Fee, ...],
        Field(max_length=50),
        distinct("each fee needs a name of its own", lambda fee: fee.name.casefold()),
    ] = ()

    @model_validator(mode="after")
    def _renewal_has_notice(self) -> Self:
        if (self.renewal_months is None) != (self.notice is None):
            raise field_error(
                "notice", "a contract that renews itself needs a notice period, and no other contract may have one"
            )
        return self

    def local_day(self, instant: datetime) -> date:
        return time_zones.to_local_date(instant, load_zone(self.timezone))

    def start_of_day(self, day: date) -> datetime:
        """The UTC instant at which the day begins."""
        return time_zones.start_of_day(day, load_zone(self.timezone))

    def duration_clauses(self) -> tuple[int, int | None, NoticePeriod | None]:
        """The terms that decide how long the contract lasts."""
        return self.initial_months, self.renewal_months, self.notice
