"""Whether what carries an agreement can hold what it promises, looked at from every side."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sla.agreements.terms import Terms
from sla.chains import availability, incident_times
from sla.chains.reasons import Feasibility, FeasibilityReason, FeasibilitySubject, format_hours, overall_feasibility
from sla.chains.supporting_agreements import FeasibilityYear, ServicePart, SupportingAgreement
from sla.chains.uncovered_hours import MAX_UNCOVERED_SHOWN, UncoveredHours, compute_uncovered, group_by_weekday
from sla.hours.spans import total_length
from sla.hours.time_zones import load_zone


class FeasibilityResult(NamedTuple):
    feasibility: Feasibility
    reasons: list[FeasibilityReason]
    uncovered: dict[str, list[UncoveredHours]]
    """By part: service hours in which it is not carried."""


def compute_feasibility(terms: Terms, parts: Sequence[ServicePart]) -> FeasibilityResult:
    if not any(part.agreements for part in parts):
        nothing = FeasibilityReason(
            FeasibilitySubject.PARTS, Feasibility.UNKNOWN, "No agreement is named that carries this one."
        )
        return FeasibilityResult(Feasibility.UNKNOWN, [nothing], {})
    year = FeasibilityYear.from_terms(terms)
    gaps = {part.name: _gaps(terms, part, year) for part in parts}
    reasons = [
        *availability.availability_reasons(terms, parts, year),
        *incident_times.incident_time_reasons(terms, parts, year),
        *_hours(terms, parts, gaps, year),
        *(reason for part in parts for one in part.agreements for reason in _formalities(terms, one)),
    ]
    return FeasibilityResult(
        overall_feasibility(reasons),
        reasons,
        {name: found[:MAX_UNCOVERED_SHOWN] for name, found in gaps.items() if found},
    )


def _gaps(terms: Terms, part: ServicePart, year: FeasibilityYear) -> list[UncoveredHours]:
    carried = [year.service_hours_in_year(carrier.terms.service_hours) for carrier in part.agreements]
    missing = compute_uncovered(year.service_hours_in_year(terms.service_hours), carried, part.needed)
    return group_by_weekday(missing, load_zone(terms.service_hours.timezone))


def _hours(
    terms: Terms, parts: Sequence[ServicePart], gaps: dict[str, list[UncoveredHours]], year: FeasibilityYear
) -> Iterator[FeasibilityReason]:
    promised = total_length(year.service_hours_in_year(terms.service_hours))
    for part in parts:
        missing = sum(one.amount for one in gaps[part.name])
        if not missing:
            sentence = f"{part.name} is carried in all service hours."
            yield FeasibilityReason(FeasibilitySubject.SERVICE_HOURS, Feasibility.FEASIBLE, sentence)
            continue
        most = ", ".join(one.description for one in gaps[part.name][:3])
        sentence = (
            f"{part.name} is not carried in {format_hours(missing)} of the {format_hours(promised)} service hours from "
            f"{terms.starts_on}, most of them {most}."
        )
        figures = {"uncovered_hours": format_hours(missing), "service_hours": format_hours(promised)}
        yield FeasibilityReason(FeasibilitySubject.SERVICE_HOURS, Feasibility.AT_RISK, sentence, figures)


def _formalities(terms: Terms, carrier: SupportingAgreement) -> Iterator[FeasibilityReason]:
    for subject, sentence in (*_days(terms, carrier), *_maintenance(terms, carrier)):
        yield FeasibilityReason(subject, Feasibility.AT_RISK, sentence, agreement_id=carrier.agreement_id)
    if not carrier.is_signed:
        sentence = f"{carrier.name} is not signed by both sides."
        yield FeasibilityReason(
            FeasibilitySubject.SIGNATURES, Feasibility.AT_RISK, sentence, agreement_id=carrier.agreement_id
        )


def _days(terms: Terms, carrier: SupportingAgreement) -> Iterator[tuple[FeasibilitySubject, str]]:
    if carrier.terms.starts_on > terms.starts_on:
        days = (carrier.terms.starts_on - terms.starts_on).days
        yield (
            FeasibilitySubject.DAYS,
            f"{carrier.name} begins on {carrier.terms.starts_on}, {days} days later than this one.",
        )
    if carrier.ends_on is not None and carrier.ends_on < (terms.ends_on or date.max):
        until = f"runs until {terms.ends_on}" if terms.ends_on else "runs until it is ended"
        yield FeasibilitySubject.DAYS, f"{carrier.name} ends on {carrier.ends_on}, this one {until}."


def _maintenance(terms: Terms, carrier: SupportingAgreement) -> Iterator[tuple[FeasibilitySubject, str]]:
    theirs, ours = carrier.terms.maintenance, terms.maintenance
    if theirs is None:
        return
    if ours is None:
        yield (
            FeasibilitySubject.MAINTENANCE,
            f"{carrier.name} does not count its maintenance as an outage, this one does.",
        )
        return
    if theirs.notice < ours.notice:
        ahead = f"{format_hours(theirs.notice)} hours ahead, this one has to {format_hours(ours.notice)} hours ahead"
        yield FeasibilitySubject.MAINTENANCE, f"{carrier.name} announces maintenance {ahead}."
    if ours.cap is not None and (theirs.cap is None or theirs.cap > ours.cap):
        most = "without limit" if theirs.cap is None else f"of {format_hours(theirs.cap)} hours"
        yield (
            FeasibilitySubject.MAINTENANCE,
            f"{carrier.name} may do maintenance {most}, this one of {format_hours(ours.cap)} hours.",
        )
