"""Exclusions, and the decisions on what may be one: excluded, or why it counts as any other time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, NamedTuple, Self
from uuid import UUID

from common.dates import ONE_DAY
from sla.agreements.lifecycle import Suspension
from sla.agreements.schedule import Binding, Schedule
from sla.agreements.terms import Terms
from sla.hours.spans import Span, to_microseconds

ExclusionCause = Literal["maintenance", "waiver", "suspension"]


class ExclusionOutcome(StrEnum):
    """The outcome for a stretch of time: excluded, or else why it counts as any other."""

    EXCLUDED = "excluded"
    NOT_AGREED = "not_agreed"
    SHORT_NOTICE = "short_notice"
    NOT_APPROVED = "not_approved"
    REFUSED = "refused"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    WORK_HAD_ENDED = "work_had_ended"
    OVERRAN = "overran"
    OUTSIDE_SERVICE_HOURS = "outside_service_hours"
    BEYOND_CAP = "beyond_cap"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A stretch of time that is excluded, or that somebody asked to exclude."""

    span: Span
    cause: ExclusionCause
    id: UUID
    """The id of the maintenance, the waiver or the suspension."""
    reason: str
    objective_ids: frozenset[UUID] | None = None
    """Null: all objectives of the agreement."""

    def within(self, span: Span) -> Self:
        """The same exclusion, for the span only."""
        return replace(self, span=span)


@dataclass(frozen=True, slots=True)
class ExclusionDecision:
    """The decision whether a stretch that was announced, waived or suspended is excluded, and a sentence on why."""

    exclusion: Exclusion
    outcome: ExclusionOutcome
    why: str

    @property
    def is_excluded(self) -> bool:
        return self.outcome is ExclusionOutcome.EXCLUDED

    @property
    def is_approved_in_time(self) -> bool:
        """Return whether clocks that have hours of their own stop, too, even outside of service hours."""
        return self.outcome in (ExclusionOutcome.EXCLUDED, ExclusionOutcome.OUTSIDE_SERVICE_HOURS)


class AgreementSpan(NamedTuple):
    """A stretch of time in which the terms of an agreement decide what is excluded."""

    agreement_id: UUID
    terms: Terms
    span: Span


def decisions_within(span: Span, decisions: Iterable[ExclusionDecision]) -> list[ExclusionDecision]:
    """The decisions on what lies within the span, in the order of time."""
    clipped = (
        replace(decision, exclusion=decision.exclusion.within(decision.exclusion.span.clipped(span)))
        for decision in decisions
    )
    within = [decision for decision in clipped if decision.exclusion.span.start < decision.exclusion.span.end]
    return sorted(within, key=lambda decision: (decision.exclusion.span, decision.exclusion.id))


def suspension_decisions(suspensions: Iterable[Suspension], until: int) -> Iterator[ExclusionDecision]:
    """The decisions on the time in which the agreement was suspended, `until` an instant if the suspension lasts."""
    for suspension in suspensions:
        end = until if suspension.to is None else to_microseconds(suspension.to)
        span = Span(to_microseconds(suspension.from_), end)
        exclusion = Exclusion(span, "suspension", suspension.id, suspension.reason)
        yield ExclusionDecision(exclusion, ExclusionOutcome.EXCLUDED, "The agreement was suspended.")


def split_by_version(schedule: Schedule, span: Span) -> Iterator[tuple[Binding, Span]]:
    """Each version that binds in `span`, with the part in which it does."""
    for binding in schedule.bindings:
        start, end = to_microseconds(schedule.midnight(binding.first_day)), span.end
        if binding.last_day is not None:
            end = to_microseconds(schedule.midnight(binding.last_day + ONE_DAY))
        part = Span(start, end).clipped(span)
        if part.start < part.end:
            yield binding, part
