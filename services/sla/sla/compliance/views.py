"""What the assessment calculator is asked and answers, and how statements and open periods look to clients."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from common.views import Count, Instant, Percent, Text, View
from sla.agreements.objectives import Method, Missing
from sla.agreements.periods import Period
from sla.compliance.assessment import Assessment, Promise
from sla.compliance.document import Verification
from sla.compliance.evaluation import Verdict
from sla.compliance.model import Statement
from sla.compliance.outlook import Outlook, Prospect
from sla.compliance.ratios import Ratio, share
from sla.hours.calendar import Calendar
from sla.hours.durations import format_duration
from sla.hours.views import OpenStretch, Stretch

Stretches = Annotated[tuple[OpenStretch, ...], Field(max_length=10_000)]


class AssessedObjective(View):
    target: Percent
    method: Method
    missing: Missing = Missing.IGNORE
    slice_target: Percent | None = Field(default=None, description="Method timeslices. Absent: the target.")

    @model_validator(mode="after")
    def _slices_have_a_target(self) -> Self:
        if self.slice_target is not None and self.method is not Method.TIMESLICES:
            raise ValueError("slice_target belongs to the method timeslices")
        return self

    def promise(self) -> Promise:
        slice_target = None if self.slice_target is None else share(self.slice_target)
        return Promise(share(self.target), self.method, self.missing, slice_target)


class Slice(View):
    good: Count
    total: Count

    @model_validator(mode="after")
    def _good_is_part_of_total(self) -> Self:
        if self.good > self.total:
            raise ValueError("good is more than total")
        return self


class AssessmentQuestion(View):
    """One objective over one window, complete in itself."""

    window: Stretch
    calendar: Calendar
    objective: AssessedObjective
    slices: Annotated[tuple[Slice | None, ...], Field(max_length=50_000)] | None = Field(
        default=None, description="They divide the window evenly, in order; null or a total of 0: nothing was measured."
    )
    downtimes: Stretches | None = Field(default=None, description="Method time. `to` null: to the end of the window.")
    exclusions: Stretches = ()
    observed: Stretches | None = Field(default=None, description="When monitors reported. Absent: all the time.")


class AssessmentAnswer(View):
    model_config = ConfigDict(from_attributes=True)

    attained: Decimal | None = Field(description="Percent, rounded half to even; the verdict compares the exact value.")
    met: bool | None
    budget_consumed: Decimal | None = Field(description="Percent of the error budget; null for a target of 100.")
    budget_remaining: Decimal | None
    coverage: Decimal | None = Field(description="Percent of the time in scope that was measured.")
    in_scope: str | int = Field(description="Durations for the method time, events for occurrences, else slices.")
    bad: str | int
    excluded: str | int
    unknown: str | int

    @classmethod
    def of(cls, method: Method, found: Assessment) -> Self:
        def amount(value: int) -> str | int:
            return format_duration(value) if method is Method.TIME else value

        return cls(
            attained=found.attained,
            met=found.met,
            budget_consumed=found.budget.consumed.percent(3) if found.budget else None,
            budget_remaining=found.budget.remaining.percent(3) if found.budget else None,
            coverage=found.coverage.percent(4) if found.coverage else None,
            in_scope=amount(found.in_scope),
            bad=amount(found.bad),
            excluded=amount(found.excluded),
            unknown=amount(found.unknown),
        )


def _month(text: str) -> str:
    if not 1990 <= int(text[:4]) < 2200:  # noqa: PLR2004 - the years agreements can run in
        raise ValueError("must be a month of the years 1990 to 2199")
    return text


Month = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$"), AfterValidator(_month)]


def first_of(month: str) -> date:
    return date.fromisoformat(month + "-01")


class NewStatement(View):
    period: Month = Field(description="A month in the zone of the service hours.", examples=["2026-10"])


class Restatement(View):
    reason: Annotated[Text, StringConstraints(min_length=1)]


class StatementSummary(View):
    id: UUID
    agreement_id: UUID
    customer_id: UUID
    number: int = Field(description="Its place in the chain of the agreement's statements.")
    period: str
    period_from: Instant
    period_to: Instant
    revision: int
    performance: Decimal | None = Field(description="Mean of what was attained, by weight, in percent.")
    met: bool | None
    sha256: str = Field(description="Of the document's canonical JSON (RFC 8785).")
    previous_sha256: str | None
    issued_at: Instant

    @classmethod
    def of(cls, statement: Statement) -> Self:
        return cls.model_validate(cls._fields(statement))

    @classmethod
    def _fields(cls, statement: Statement) -> dict[str, Any]:
        names = set(cls.model_fields) - {"performance", "met"}
        result = statement.result
        return {name: getattr(statement, name) for name in names} | {
            name: result[name] for name in ("performance", "met")
        }


class StatementView(StatementSummary):
    document: dict[str, Any]


class DifferenceView(View):
    field: str
    stated: Any
    found: Any


class VerificationView(View):
    verified: bool = Field(description="Untouched, chained, and the same again, bit for bit.")
    untouched: bool = Field(description="The document still has its hash.")
    chained: bool = Field(description="So has every statement before, and each names the hash of the one before it.")
    recomputed: bool = Field(description="The stored measurements give the same result again.")
    differences: list[DifferenceView]

    @classmethod
    def of(cls, found: Verification) -> Self:
        recomputed = not found.differences
        return cls(
            verified=found.untouched and found.chained and recomputed,
            untouched=found.untouched,
            chained=found.chained,
            recomputed=recomputed,
            differences=[DifferenceView(**one._asdict()) for one in found.differences],
        )


class ProspectView(View):
    """Percentages; the verdicts compare exact values."""

    objective_id: UUID
    name: str
    target: Decimal
    attained: Decimal | None = Field(description="To date.")
    verdict: Verdict
    budget_consumed: Decimal | None
    coverage: Decimal | None
    if_perfect: Decimal | None = Field(description="What the period attains if nothing more goes wrong.")
    can_be_met: bool | None
    affordable_minutes: int | None = Field(description="Bad minutes left; negative once the target is lost.")
    burn_rates: dict[str, Decimal | None] = Field(description="Over the last hour, 6 hours, day and 3 days.")

    @classmethod
    def of(cls, prospect: Prospect) -> Self:
        outcome, perfect = prospect.outcome, prospect.if_perfect
        found = outcome.found
        return cls(
            objective_id=outcome.objective.id,
            name=outcome.objective.name,
            target=outcome.objective.target,
            attained=found.attained,
            verdict=outcome.verdict,
            budget_consumed=found.budget.consumed.percent(3) if found.budget else None,
            coverage=_percent(found.coverage),
            if_perfect=_percent(perfect),
            can_be_met=perfect.reaches(found.target) if perfect else None,
            affordable_minutes=prospect.affordable_minutes,
            burn_rates={name: rate.decimal(3) if rate else None for name, rate in prospect.burn_rates.items()},
        )


class ComplianceView(View):
    """A period as it stands. Nothing of it is kept."""

    agreement_id: UUID
    period: str
    period_from: datetime
    period_to: datetime
    until: datetime
    performance: Decimal | None
    met: bool | None
    credit: Decimal | None
    objectives: list[ProspectView]

    @classmethod
    def of(cls, agreement_id: UUID, period: Period, found: Outlook) -> Self:
        return cls(
            agreement_id=agreement_id,
            period=period.key,
            period_from=period.start,
            period_to=period.end,
            until=found.to_date.window.end,
            performance=_percent(found.to_date.performance),
            met=found.to_date.met,
            credit=found.to_date.credit,
            objectives=[ProspectView.of(prospect) for prospect in found.prospects],
        )


def _percent(ratio: Ratio | None) -> Decimal | None:
    return ratio.percent(4) if ratio else None
