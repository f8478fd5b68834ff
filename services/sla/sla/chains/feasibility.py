"""Whether what carries an agreement can hold what it promises, looked at from every side."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sla.agreements.terms import Terms
from sla.chains import availability, incident_times
from sla.chains.carriers import Carrier, Part, Year
from sla.chains.coverage import SHOWN, Uncovered, by_weekday, uncovered
from sla.chains.reasons import Feasibility, Reason, Subject, hours, overall
from sla.hours.spans import total
from sla.hours.zones import zone_named


class Answer(NamedTuple):
    feasibility: Feasibility
    reasons: list[Reason]
    uncovered: dict[str, list[Uncovered]]
    """By part: service hours in which it is not carried."""


def feasibility(terms: Terms, parts: Sequence[Part]) -> Answer:
    if not any(part.carriers for part in parts):
        nothing = Reason(Subject.PARTS, Feasibility.UNKNOWN, "No agreement is named that carries this one.")
        return Answer(Feasibility.UNKNOWN, [nothing], {})
    year = Year.of(terms)
    gaps = {part.name: _gaps(terms, part, year) for part in parts}
    reasons = [
        *availability.reasons(terms, parts, year),
        *incident_times.reasons(terms, parts, year),
        *_hours(terms, parts, gaps, year),
        *(reason for part in parts for one in part.carriers for reason in _formalities(terms, one)),
    ]
    return Answer(overall(reasons), reasons, {name: found[:SHOWN] for name, found in gaps.items() if found})


def _gaps(terms: Terms, part: Part, year: Year) -> list[Uncovered]:
    carried = [year.in_service(carrier.terms.service_hours) for carrier in part.carriers]
    missing = uncovered(year.in_service(terms.service_hours), carried, part.needed)
    return by_weekday(missing, zone_named(terms.service_hours.timezone))


def _hours(terms: Terms, parts: Sequence[Part], gaps: dict[str, list[Uncovered]], year: Year) -> Iterator[Reason]:
    promised = total(year.in_service(terms.service_hours))
    for part in parts:
        missing = sum(one.amount for one in gaps[part.name])
        if not missing:
            sentence = f"{part.name} is carried in all service hours."
            yield Reason(Subject.SERVICE_HOURS, Feasibility.FEASIBLE, sentence)
            continue
        most = ", ".join(one.words for one in gaps[part.name][:3])
        sentence = (
            f"{part.name} is not carried in {hours(missing)} of the {hours(promised)} service hours from "
            f"{terms.starts_on}, most of them {most}."
        )
        figures = {"uncovered_hours": hours(missing), "service_hours": hours(promised)}
        yield Reason(Subject.SERVICE_HOURS, Feasibility.AT_RISK, sentence, figures)


def _formalities(terms: Terms, carrier: Carrier) -> Iterator[Reason]:
    for subject, sentence in (*_days(terms, carrier), *_maintenance(terms, carrier)):
        yield Reason(subject, Feasibility.AT_RISK, sentence, agreement_id=carrier.agreement_id)
    if not carrier.signed:
        sentence = f"{carrier.name} is not signed by both sides."
        yield Reason(Subject.SIGNATURES, Feasibility.AT_RISK, sentence, agreement_id=carrier.agreement_id)


def _days(terms: Terms, carrier: Carrier) -> Iterator[tuple[Subject, str]]:
    if carrier.terms.starts_on > terms.starts_on:
        days = (carrier.terms.starts_on - terms.starts_on).days
        yield Subject.DAYS, f"{carrier.name} begins on {carrier.terms.starts_on}, {days} days later than this one."
    if carrier.ends_on is not None and carrier.ends_on < (terms.ends_on or date.max):
        until = f"runs until {terms.ends_on}" if terms.ends_on else "runs until it is ended"
        yield Subject.DAYS, f"{carrier.name} ends on {carrier.ends_on}, this one {until}."


def _maintenance(terms: Terms, carrier: Carrier) -> Iterator[tuple[Subject, str]]:
    theirs, ours = carrier.terms.maintenance, terms.maintenance
    if theirs is None:
        return
    if ours is None:
        yield Subject.MAINTENANCE, f"{carrier.name} does not count its maintenance as an outage, this one does."
        return
    if theirs.notice < ours.notice:
        ahead = f"{hours(theirs.notice)} hours ahead, this one has to {hours(ours.notice)} hours ahead"
        yield Subject.MAINTENANCE, f"{carrier.name} announces maintenance {ahead}."
    if ours.cap is not None and (theirs.cap is None or theirs.cap > ours.cap):
        most = "without limit" if theirs.cap is None else f"of {hours(theirs.cap)} hours"
        yield Subject.MAINTENANCE, f"{carrier.name} may do maintenance {most}, this one of {hours(ours.cap)} hours."
