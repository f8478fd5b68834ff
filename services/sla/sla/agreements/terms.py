"""The terms of an agreement: the document that both sides sign, and that every review period is evaluated with."""

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from common.dates import add_months, add_months_to_last_day
from common.views import Day, Flag, Money, Name, Percent, WholeNumber, distinct, field_error
from sla.agreements.objectives import (
    CalendarUnit,
    CalendarWindow,
    CreditScale,
    CreditStep,
    IncidentObjective,
    Objective,
    TermsModel,
)
from sla.hours.calendar import Calendar
from sla.hours.views import ExactDuration

ServiceDay = Annotated[Day, Field(ge=date(1990, 1, 1))]
"""A day for which calendars can be evaluated without leaving the range of an instant."""

HOLIDAY_YEARS_AHEAD, MAX_HOLIDAY_YEARS = 10, 50


class Rounding(StrEnum):
    HALF_UP = "half_up"
    UP = "up"
    DOWN = "down"


class Credits(CreditScale):
    """The credits that misses owe, by one scale for all objectives but those that have their own."""

    cap: Percent = Decimal(100)
    """Percent of the charge that a period can owe at most."""
    rounding: Rounding = Rounding.HALF_UP
    """To the smallest unit of the currency."""
    claim_within_days: Annotated[WholeNumber, Field(ge=1, le=3660)] | None = None
    """After a statement was issued; null when credits are given unasked."""


class MaintenancePolicy(TermsModel):
    """Planned maintenance that was announced and approved in time is excluded from what counts."""

    notice: ExactDuration
    """The least time between the announcement and the start; it elapses day and night."""
    notice_business_days: Annotated[WholeNumber, Field(ge=1, le=60)] | None = None
    """Besides: the least number of local days with service hours between the day of the announcement and that of the
    start."""
    cap: ExactDuration | None = None
    """The most that is excluded from a review period, in service hours; what lies beyond it counts."""
    approved_by_customer: Flag = False
    """False: a second person on the provider's side approves."""
    stops_clocks: Flag = False
    """Whether maintenance stops the clocks of incidents, too."""


class PriorityChange(StrEnum):
    """The effect of a new priority on the clock of an incident."""

    RETARGET = "retarget"
    """The clock goes on, and the time allowed in all is that of the new priority."""
    RESTART = "restart"
    KEEP = "keep"
    """The priority that the incident was opened with decides."""


class Reopening(StrEnum):
    RESUME = "resume"
    """The clock goes on; the time in between does not count."""
    CONTINUE = "continue"
    """As if it had never been resolved: the time in between counts."""
    RESTART = "restart"


class IncidentPolicy(TermsModel):
    priority_change: PriorityChange = PriorityChange.RETARGET
    reopening: Reopening = Reopening.RESUME
    pauses: Flag = True
    """Whether resolution clocks stop while the incident waits for the customer; response clocks never do."""
    warn_at: Annotated[Percent, Field(gt=0, lt=100)] = Decimal(75)
    """Percent of the time allowed after which an incident is due soon."""


class RenewalTerms(TermsModel):
    months: Annotated[WholeNumber, Field(ge=1, le=120)]
    """How far the last day moves, from the end of a month to the end of a month."""
    tacit: Flag = True
    """True: without anybody's doing, unless a side gives notice of termination in time. False: both sides agree."""


class MonthsOrDays(TermsModel):
    """A length of time, either in months or in days."""

    months: WholeNumber | None = None
    days: WholeNumber | None = None

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if (self.months is None) == (self.days is None):
            raise field_error("months", "give the length either in months or in days")
        return self


class NoticePeriod(MonthsOrDays):
    """A notice period before the last day of an agreement or of a contract's term, in months or in days."""

    months: Annotated[WholeNumber, Field(ge=1, le=60)] | None = None
    days: Annotated[WholeNumber, Field(ge=0, le=1830)] | None = None

    def latest_notice_day(self, last_day: date) -> date:
        """Return the last day that leaves the whole notice period until the last day is over."""
        return add_months_to_last_day(last_day, -(self.months or 0)) - timedelta(days=self.days or 0)

    def earliest_last_day(self, given_on: date) -> date:
        """Return the first last day that notice given on this day leaves the whole notice period for."""
        about = add_months(given_on, self.months or 0) + timedelta(days=self.days or 0)
        candidates = (about + timedelta(days=offset) for offset in range(-4, 5))
        return next(day for day in candidates if self.latest_notice_day(day) >= given_on)


class Terms(TermsModel):
    name: Name
    service_hours: Calendar
    objectives: Annotated[
        tuple[Objective, ...],
        Field(min_length=1, max_length=50),
        distinct("objectives of one agreement have different ids", attrgetter("id")),
        distinct("objectives of one agreement have different names", lambda objective: objective.name.casefold()),
    ]
    review_period: CalendarUnit = CalendarUnit.CALENDAR_MONTH
    starts_on: ServiceDay
    """The first day, local to the service hours."""
    ends_on: ServiceDay | None = None
    """The last day, included; null when the agreement runs until it is ended."""
    renewal: RenewalTerms | None = None
    termination_notice_days: Annotated[WholeNumber, Field(ge=0, le=3660)] = 0
    """Between the notice and the last day, at least; 0 where `termination_notice` says it."""
    termination_notice: NoticePeriod | None = None
    """The notice period, in months or in days; null: `termination_notice_days`."""
    closure_calendars: Annotated[tuple[UUID, ...], Field(max_length=10), distinct("names a calendar twice")] = ()
    """The closure calendars whose approved closures apply to the service hours, each from its approval on."""
    maintenance: MaintenancePolicy | None = None
    """Null: maintenance is not excluded."""
    incidents: IncidentPolicy = IncidentPolicy()
    credits: Credits | None = None
    monthly_charge: Money | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        broken_rules = {
            ("ends_on", "ends_on is before starts_on"): self.ends_on is not None and self.ends_on < self.starts_on,
            ("termination_notice", "termination_notice is given instead of termination_notice_days"): (
                self.termination_notice is not None and self.termination_notice_days > 0
            ),
            ("renewal", "renewal moves the last day, and ends_on is missing"): self.renewal is not None
            and self.ends_on is None,
            ("credits", "credits are percentages of the monthly_charge, which is missing"): (
                self.credits is not None and self.monthly_charge is None
            ),
        }
        for (field, message), is_broken in broken_rules.items():
            if is_broken:
                raise field_error(field, message)
        return self

    @model_validator(mode="after")
    def _windows_hold_a_review_period(self) -> Self:
        units = list(CalendarUnit)
        for place, objective in enumerate(self.objectives):
            window = objective.window
            if isinstance(window, CalendarWindow) and units.index(window.calendar) < units.index(self.review_period):
                raise field_error(
                    f"objectives.{place}.window", f"the window of {objective.name} is shorter than the review period"
                )
        return self

    @model_validator(mode="after")
    def _credits_can_be_owed(self) -> Self:
        """Check what terms of before could not say: credits of single objectives, and steps below a target."""
        own = [place for place, objective in enumerate(self.objectives) if objective.credits]
        if self.credits is None and own:
            message = "name the cap of all credits in the credits of the terms, {} for 100 %"
            raise field_error(f"objectives.{own[0]}.credits", message)
        if self.credits and not (own or self.credits.ladder or self.credits.steps):
            raise field_error("credits.ladder", "give a ladder or steps for all objectives, or credits of single ones")
        for place, objective in enumerate(self.objectives):
            ladder = self.ladder_of(objective)
            if ladder and ladder[-1].below <= 0:
                field = f"objectives.{place}.credits.steps" if objective.credits else "credits.steps"
                message = f"the target of {objective.name} is {objective.target}: steps lie less than that below it"
                raise field_error(field, message)
        return self

    def ladder_of(self, objective: Objective) -> tuple[CreditStep, ...]:
        """Return the thresholds under which an objective owes credits; none where it owes nothing."""
        scale = objective.credits or self.credits
        return scale.ladder_for(objective.target) if scale and self.credits else ()

    @property
    def notice_period(self) -> NoticePeriod:
        return self.termination_notice or NoticePeriod.model_construct(days=self.termination_notice_days)

    def with_frozen_holidays(self) -> Self:
        """Write public holidays out, to the last year or, if that may move, ten years on; 50 years at most."""
        last = self.ends_on or self.starts_on
        last_year = last.year + (0 if self.ends_on and not self.renewal else HOLIDAY_YEARS_AHEAD)
        years = self.starts_on.year, min(last_year, self.starts_on.year + MAX_HOLIDAY_YEARS - 1)
        objectives = tuple(
            objective.model_copy(update={"hours": objective.hours.with_frozen_holidays(*years)})
            if isinstance(objective, IncidentObjective) and objective.hours
            else objective
            for objective in self.objectives
        )
        return self.model_copy(
            update={"service_hours": self.service_hours.with_frozen_holidays(*years), "objectives": objectives}
        )

    @property
    def objective_ids(self) -> frozenset[UUID]:
        return frozenset(objective.id for objective in self.objectives)

    @property
    def indicator_ids(self) -> frozenset[UUID]:
        """The indicators that measure the objectives; incidents need none."""
        measured = (objective for objective in self.objectives if not isinstance(objective, IncidentObjective))
        return frozenset(objective.indicator_id for objective in measured)

    def compute_weight_share(self, *objective_ids: UUID) -> Decimal:
        """Compute the percentage of all weights that these objectives have, with two places."""
        weights = [objective.weight for objective in self.objectives if objective.id in objective_ids]
        return round(100 * sum(weights, Decimal(0)) / sum(objective.weight for objective in self.objectives), 2)
