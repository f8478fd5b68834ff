"""Which windows of maintenance are excluded under the policy of an agreement, and why other time is not."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from uuid import UUID

from sla.agreements.review_periods import calendar_period_of, local_day, midnight
from sla.agreements.terms import MaintenancePolicy, Terms
from sla.exclusions.exclusion_rules import Exclusion, ExclusionDecision, ExclusionOutcome, decisions_within
from sla.hours.durations import format_duration, iterate_business_days
from sla.hours.spans import Span, difference, intersection, to_datetime, to_microseconds, union


@dataclass(frozen=True, slots=True)
class AgreementWindow:
    """A window of a maintenance, as it concerns one agreement."""

    maintenance_id: UUID
    reason: str
    span: Span
    announced_at: int
    provider_approved: bool | None = None
    """Null: no decision yet."""
    customer_approved: bool | None = None
    entered_afterwards: bool = False
    """True for a window that was over when it was entered: no notice is asked for, but both approvals."""
    work_ended_at: int | None = None
    """When the work was done, or broken off."""
    cancelled: bool = False
    """Cancelled before or after the work had begun; if before, `work_ended_at` is null and nothing is excluded."""
    overrun: bool = False
    """True for time after the last window in which the work went on, which was not announced."""


def maintenance_decisions(windows: Iterable[AgreementWindow], terms: Terms, span: Span) -> list[ExclusionDecision]:
    """The decisions on the windows within `span`, in the order of time.

    The cap is spent from the start of each review period on, so `windows` hold those of every period that `span`
    touches (`review_periods_touching`).
    """
    decisions: list[ExclusionDecision] = []
    allowed: list[Exclusion] = []
    for window in windows:
        exclusion = Exclusion(window.span, "maintenance", window.maintenance_id, window.reason)
        objection = _find_objection(window, terms)
        if objection is not None:
            decisions.append(ExclusionDecision(exclusion, *objection))
        elif window.work_ended_at is None or window.work_ended_at >= window.span.end:
            allowed.append(exclusion)
        else:
            end_of_work = max(window.work_ended_at, window.span.start)
            allowed.append(exclusion.within(Span(window.span.start, end_of_work)))
            rest = exclusion.within(Span(end_of_work, window.span.end))
            outcome = ExclusionOutcome.CANCELLED if window.cancelled else ExclusionOutcome.WORK_HAD_ENDED
            decisions.append(ExclusionDecision(rest, outcome, "The work had ended before."))
    if terms.maintenance is not None:
        decisions.extend(_decide_by_cap(allowed, terms, terms.maintenance.cap, review_periods_touching(terms, span)))
    return decisions_within(span, decisions)


def _find_objection(window: AgreementWindow, terms: Terms) -> tuple[ExclusionOutcome, str] | None:
    """Find what the policy has against excluding the window; null when it was announced in time and approved."""
    policy = terms.maintenance
    if policy is None:
        return ExclusionOutcome.NOT_AGREED, "The agreement excludes nothing for maintenance."
    if window.cancelled and window.work_ended_at is None:
        return ExclusionOutcome.CANCELLED, "It was cancelled before it began."
    if window.overrun:
        return ExclusionOutcome.OVERRAN, "The work went on after the window that was announced."
    if window.entered_afterwards:
        return _find_objection_afterwards(window)
    why = _find_shortness_of_notice(window, policy, terms)
    return _find_objection_of_approver(window, policy) if why is None else (ExclusionOutcome.SHORT_NOTICE, why)


def _find_shortness_of_notice(window: AgreementWindow, policy: MaintenancePolicy, terms: Terms) -> str | None:
    notice = window.span.start - window.announced_at
    if notice < policy.notice:
        announced = "after it began" if notice < 0 else f"with a notice of {format_duration(notice)}"
        return f"It was announced {announced}; {format_duration(policy.notice)} is agreed."
    if policy.notice_business_days is None:
        return None
    until = to_microseconds(midnight(terms, local_day(terms, to_datetime(window.span.start))))
    ends = iterate_business_days(terms.service_hours.to_service_hours(), window.announced_at, (), until)
    days = sum(1 for _ in takewhile(lambda end: end <= until, ends))
    if days >= policy.notice_business_days:
        return None
    return f"It was announced with {days} business days in between; {policy.notice_business_days} are agreed."


def _find_objection_of_approver(
    window: AgreementWindow, policy: MaintenancePolicy
) -> tuple[ExclusionOutcome, str] | None:
    approver = "The customer" if policy.approved_by_customer else "A second person of the provider"
    approved = window.customer_approved if policy.approved_by_customer else window.provider_approved
    if approved is None:
        return ExclusionOutcome.NOT_APPROVED, f"{approver} has not approved it."
    return None if approved else (ExclusionOutcome.REFUSED, f"{approver} refused it.")


def _find_objection_afterwards(window: AgreementWindow) -> tuple[ExclusionOutcome, str] | None:
    approvals = {
        "a second person of the provider": window.provider_approved,
        "the customer": window.customer_approved,
    }
    for approver, approved in approvals.items():
        if approved is False:
            return ExclusionOutcome.REFUSED, f"It was entered afterwards, and {approver} refused it."
    for approver, approved in approvals.items():
        if approved is None:
            return ExclusionOutcome.NOT_APPROVED, f"It was entered afterwards, and {approver} has not approved it."
    return None


def review_periods_touching(terms: Terms, span: Span) -> list[Span]:
    """The review periods `span` touches: calendar units in the zone of the service hours, cut where the terms begin."""
    unit = calendar_period_of(local_day(terms, to_datetime(span.start)), terms.review_period)
    edges, last = [unit.first_day, unit.day_after], local_day(terms, to_datetime(span.end - 1))
    while edges[-1] <= last:
        edges.append(calendar_period_of(edges[-1], terms.review_period).day_after)
    if edges[0] < terms.starts_on < edges[-1]:
        edges.append(terms.starts_on)
    instants = [to_microseconds(midnight(terms, edge)) for edge in sorted(set(edges))]
    return [Span(*pair) for pair in pairwise(instants)]


def _decide_by_cap(
    allowed: Sequence[Exclusion], terms: Terms, cap: int | None, periods: Sequence[Span]
) -> Iterator[ExclusionDecision]:
    """Exclude what lies inside service hours up to the cap of its review period: the earliest first, each time once."""
    hours = terms.service_hours.to_service_hours()
    reasons = {
        ExclusionOutcome.EXCLUDED: "It was announced in time, or entered afterwards, and approved.",
        ExclusionOutcome.BEYOND_CAP: f"More than {format_duration(cap or 0)} of maintenance in the review period.",
        ExclusionOutcome.OUTSIDE_SERVICE_HOURS: "No service was promised then.",
    }
    for period in periods:
        touching = [item for item in allowed if item.span.start < period.end and item.span.end > period.start]
        in_service = hours.in_service_spans(period) if touching else []
        excluded = intersection(union(item.span for item in touching), in_service)
        excluded = excluded if cap is None else list(_first(cap, excluded))
        for item in touching:
            announced = [item.span.clipped(period)]
            spans_by_outcome = {
                ExclusionOutcome.EXCLUDED: intersection(announced, excluded),
                ExclusionOutcome.BEYOND_CAP: difference(intersection(announced, in_service), excluded),
                ExclusionOutcome.OUTSIDE_SERVICE_HOURS: difference(announced, in_service),
            }
            for outcome, spans in spans_by_outcome.items():
                yield from (ExclusionDecision(item.within(piece), outcome, reasons[outcome]) for piece in spans)


def _first(amount: int, spans: Iterable[Span]) -> Iterator[Span]:
    """The earliest part of `spans` that is at most so long."""
    for start, end in spans:
        length = min(amount, end - start)
        amount -= length
        yield Span(start, start + length)


def compute_overrun(windows: Sequence[AgreementWindow], until: int) -> list[AgreementWindow]:
    """Return the time after the last window in which the work went on."""
    last = max(windows, key=lambda window: window.span.end)
    if until <= last.span.end:
        return []
    return [replace(last, span=Span(last.span.end, until), work_ended_at=None, cancelled=False, overrun=True)]
