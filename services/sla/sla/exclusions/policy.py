"""What of planned maintenance is taken out of what counts, by the policy of an agreement, and why the rest is not."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Literal
from uuid import UUID

from sla.agreements.review_periods import calendar_period_of, local_day, midnight
from sla.agreements.suspensions import Suspension
from sla.agreements.terms import MaintenancePolicy, Terms
from sla.hours.durations import format_duration
from sla.hours.spans import (
    Span,
    clip_spans,
    difference,
    intersection,
    to_datetime,
    to_microseconds,
    total_length,
    union,
)

ExclusionCause = Literal["maintenance", "waiver", "suspension"]


class ExclusionOutcome(StrEnum):
    """Whether time is taken out, or else why it counts as any other."""

    COUNTS = "counts"
    NOT_AGREED = "not_agreed"
    SHORT_NOTICE = "short_notice"
    NOT_APPROVED = "not_approved"
    REFUSED = "refused"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    WORK_WAS_OVER = "work_was_over"
    OVERRAN = "overran"
    OUTSIDE_SERVICE_HOURS = "outside_service_hours"
    BEYOND_CAP = "beyond_cap"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A stretch of time taken out of what counts."""

    span: Span
    cause: ExclusionCause
    id: UUID
    """Of the maintenance, the waiver or the suspension."""
    reason: str
    objective_ids: frozenset[UUID] | None = None
    """Null: all objectives of the agreement."""


@dataclass(frozen=True, slots=True)
class ExclusionVerdict:
    """A stretch that was announced, waived or suspended: whether it is taken out, and a sentence that says why."""

    exclusion: Exclusion
    outcome: ExclusionOutcome
    why: str

    @property
    def is_excluded(self) -> bool:
        return self.outcome is ExclusionOutcome.COUNTS

    @property
    def is_approved_in_time(self) -> bool:
        """Announced in time and approved: clocks with hours of their own stand still outside of service hours, too."""
        return self.outcome in (ExclusionOutcome.COUNTS, ExclusionOutcome.OUTSIDE_SERVICE_HOURS)


@dataclass(frozen=True, slots=True)
class AnnouncedWindow:
    """One announced window of a maintenance, as it concerns one agreement."""

    maintenance_id: UUID
    reason: str
    span: Span
    announced_at: int
    provider_approved: bool | None = None
    """Null: no decision yet."""
    customer_approved: bool | None = None
    work_ended_at: int | None = None
    """When the work was done, or broken off."""
    cancelled: bool = False
    """Before or after the work had begun; if before, `work_ended_at` is null and nothing of it counts."""
    overrun: bool = False
    """Not announced: the work went on after its last window."""


def maintenance_verdicts(windows: Iterable[AnnouncedWindow], terms: Terms, span: Span) -> list[ExclusionVerdict]:
    """What of the windows is taken out of `span`, and why the rest is not, in the order of time.

    The cap is spent from the start of each review period on, so `windows` hold those of every period that `span`
    touches (`review_units`).
    """
    found: list[ExclusionVerdict] = []
    allowed: list[Exclusion] = []
    for window in windows:
        for piece, reckoning, why in _stretches(window, terms.maintenance):
            exclusion = Exclusion(piece, "maintenance", window.maintenance_id, window.reason)
            if reckoning is ExclusionOutcome.COUNTS:
                allowed.append(exclusion)
            else:
                found.append(ExclusionVerdict(exclusion, reckoning, why))
    if terms.maintenance is not None:
        found.extend(_counted(allowed, terms, terms.maintenance, review_periods_touching(terms, span)))
    clipped = (_clipped(one, span) for one in found)
    return sorted((one for one in clipped if one is not None), key=_in_time)


def review_periods_touching(terms: Terms, span: Span) -> list[Span]:
    """The review periods `span` touches: calendar units in the zone of the service hours, cut where the terms begin."""
    last = local_day(terms, to_datetime(span.end - 1))
    day, edges = calendar_period_of(local_day(terms, to_datetime(span.start)), terms.review_period).first_day, []
    while day <= last:
        edges.append(day)
        day = calendar_period_of(day, terms.review_period).day_after
    cuts = {*edges, day} | ({terms.starts_on} if edges and edges[0] < terms.starts_on < day else set())
    instants = [to_microseconds(midnight(terms, cut)) for cut in sorted(cuts)]
    return [Span(*pair) for pair in pairwise(instants)]


def suspension_verdicts(suspensions: Iterable[Suspension], span: Span) -> list[ExclusionVerdict]:
    """What of `span` the agreement was suspended in."""
    found = []
    for one in suspensions:
        end = span.end if one.to is None else to_microseconds(one.to)
        part = Span(to_microseconds(one.from_), end).clipped(span)
        if part.start < part.end:
            exclusion = Exclusion(part, "suspension", one.id, one.reason)
            found.append(ExclusionVerdict(exclusion, ExclusionOutcome.COUNTS, "The agreement was suspended."))
    return found


def _stretches(
    window: AnnouncedWindow, policy: MaintenancePolicy | None
) -> Iterator[tuple[Span, ExclusionOutcome, str]]:
    """The window, cut where its work ended early."""
    reckoning, why = _standing(window, policy)
    ended = window.work_ended_at
    if reckoning is not ExclusionOutcome.COUNTS or ended is None or ended >= window.span.end:
        yield window.span, reckoning, why
        return
    ended = max(ended, window.span.start)
    yield Span(window.span.start, ended), reckoning, why
    rest = ExclusionOutcome.CANCELLED if window.cancelled else ExclusionOutcome.WORK_WAS_OVER
    yield Span(ended, window.span.end), rest, "The work had ended before."


def _standing(window: AnnouncedWindow, policy: MaintenancePolicy | None) -> tuple[ExclusionOutcome, str]:
    if policy is None:
        return ExclusionOutcome.NOT_AGREED, "The agreement takes nothing out for maintenance."
    if window.cancelled and window.work_ended_at is None:
        return ExclusionOutcome.CANCELLED, "It was cancelled before it began."
    if window.overrun:
        return ExclusionOutcome.OVERRAN, "The work went on after the window that was announced."
    if (late := _short_notice(window, policy)) is not None:
        return ExclusionOutcome.SHORT_NOTICE, late
    return _approval(window, policy)


def _short_notice(window: AnnouncedWindow, policy: MaintenancePolicy) -> str | None:
    notice = window.span.start - window.announced_at
    if notice >= policy.notice:
        return None
    given = "after it began" if notice < 0 else f"with a notice of {format_duration(notice)}"
    return f"It was announced {given}; {format_duration(policy.notice)} is agreed."


def _approval(window: AnnouncedWindow, policy: MaintenancePolicy) -> tuple[ExclusionOutcome, str]:
    whose = "The customer" if policy.approved_by_customer else "A second person of the provider"
    approved = window.customer_approved if policy.approved_by_customer else window.provider_approved
    if approved is None:
        return ExclusionOutcome.NOT_APPROVED, f"{whose} has not approved it."
    if not approved:
        return ExclusionOutcome.REFUSED, f"{whose} refused it."
    return ExclusionOutcome.COUNTS, f"{whose} approved it, and it was announced in time."


def _counted(
    allowed: Iterable[Exclusion], terms: Terms, policy: MaintenancePolicy, units: Sequence[Span]
) -> Iterator[ExclusionVerdict]:
    """What lies inside service hours is taken out up to the cap of its review period, the earliest first."""
    hours, ordered = terms.service_hours.to_service_hours(), sorted(allowed, key=lambda one: (one.span, one.id))
    for unit in units:
        touching = [one for one in ordered if one.span.start < unit.end and one.span.end > unit.start]
        in_service = hours.in_service_spans(unit) if touching else []
        pieces = sorted(
            (
                Exclusion(piece, one.cause, one.id, one.reason)
                for one in touching
                for piece in clip_spans(in_service, one.span)
            ),
            key=lambda one: (one.span, one.id),
        )
        for one in touching:
            for piece in difference([one.span.clipped(unit)], in_service):
                outside = Exclusion(piece, one.cause, one.id, one.reason)
                yield ExclusionVerdict(outside, ExclusionOutcome.OUTSIDE_SERVICE_HOURS, "No service was promised then.")
        yield from _up_to(policy.cap, pieces)


def _up_to(cap: int | None, pieces: Iterable[Exclusion]) -> Iterator[ExclusionVerdict]:
    """Time that several take out is spent once."""
    taken: list[Span] = []
    for piece in pieces:
        left = None if cap is None else cap - total_length(taken)
        fresh = _first(left, difference([piece.span], taken))
        taken = union([*taken, *fresh])
        for part in intersection([piece.span], taken):
            yield ExclusionVerdict(_of(piece, part), ExclusionOutcome.COUNTS, "It was announced in time and approved.")
        for part in difference([piece.span], taken):
            why = f"More than {format_duration(cap or 0)} of maintenance in the review period."
            yield ExclusionVerdict(_of(piece, part), ExclusionOutcome.BEYOND_CAP, why)


def _first(amount: int | None, spans: Iterable[Span]) -> Iterator[Span]:
    """The earliest part of `spans` that is at the most so long."""
    for start, end in spans:
        length = end - start if amount is None else min(amount, end - start)
        amount = None if amount is None else amount - length
        yield Span(start, start + length)


def _of(exclusion: Exclusion, span: Span) -> Exclusion:
    return Exclusion(span, exclusion.cause, exclusion.id, exclusion.reason, exclusion.objective_ids)


def _clipped(considered: ExclusionVerdict, span: Span) -> ExclusionVerdict | None:
    part = considered.exclusion.span.clipped(span)
    if part.start >= part.end:
        return None
    return ExclusionVerdict(_of(considered.exclusion, part), considered.outcome, considered.why)


def _in_time(considered: ExclusionVerdict) -> tuple[Span, UUID]:
    return considered.exclusion.span, considered.exclusion.id
