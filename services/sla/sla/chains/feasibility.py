"""Whether supporting agreements can hold what terms promise: availability, incident times, hours and formalities."""

from collections.abc import Iterator, Sequence
from datetime import date

from sla.agreements.terms import Terms
from sla.chains.availability import availability_reasons
from sla.chains.feasibility_reasons import (
    Feasibility,
    FeasibilityReason,
    FeasibilityResult,
    FeasibilitySubject,
    format_hours,
)
from sla.chains.incident_times import incident_time_reasons
from sla.chains.supporting_agreements import ServiceChain, ServicePart, SupportingAgreement
from sla.chains.uncovered_hours import service_hour_reasons


def unknown_feasibility(sentence: str) -> FeasibilityResult:
    return FeasibilityResult([FeasibilityReason(FeasibilitySubject.PARTS, Feasibility.UNKNOWN, sentence)])


def compute_feasibility(terms: Terms, parts: Sequence[ServicePart]) -> FeasibilityResult:
    chain = ServiceChain(terms, parts)
    formal_reasons = (reason for agreement in chain.agreements for reason in _formal_reasons(terms, agreement))
    return FeasibilityResult(
        [*availability_reasons(chain), *incident_time_reasons(chain), *service_hour_reasons(chain), *formal_reasons]
    )


def _formal_reasons(terms: Terms, agreement: SupportingAgreement) -> Iterator[FeasibilityReason]:
    sentences = [
        *((FeasibilitySubject.DAYS, sentence) for sentence in _day_sentences(terms, agreement)),
        *((FeasibilitySubject.MAINTENANCE, sentence) for sentence in _maintenance_sentences(terms, agreement)),
    ]
    if not agreement.is_signed:
        sentences.append((FeasibilitySubject.SIGNATURES, f"{agreement.name} is not signed by both sides."))
    for subject, sentence in sentences:
        yield FeasibilityReason(subject, Feasibility.AT_RISK, sentence, agreement_id=agreement.agreement_id)


def _day_sentences(terms: Terms, agreement: SupportingAgreement) -> Iterator[str]:
    starts_on, ends_on = agreement.terms.starts_on, agreement.terms.ends_on
    if starts_on > terms.starts_on:
        days = (starts_on - terms.starts_on).days
        yield f"{agreement.name} begins on {starts_on}, {days} days later than this one."
    if ends_on is not None and ends_on < (terms.ends_on or date.max):
        until = f"runs until {terms.ends_on}" if terms.ends_on else "runs until it is ended"
        yield f"{agreement.name} ends on {ends_on}, this one {until}."


def _maintenance_sentences(terms: Terms, agreement: SupportingAgreement) -> Iterator[str]:
    name, supporting_policy, policy = agreement.name, agreement.terms.maintenance, terms.maintenance
    if supporting_policy is None:
        return
    if policy is None:
        yield f"{name} does not count its maintenance as an outage, this one does."
        return
    if supporting_policy.notice < policy.notice:
        notices = f"{format_hours(supporting_policy.notice)} hours ahead, this one {format_hours(policy.notice)} hours"
        yield f"{name} announces maintenance {notices}."
    if policy.cap is not None and (supporting_policy.cap is None or supporting_policy.cap > policy.cap):
        cap = "without limit" if supporting_policy.cap is None else f"for {format_hours(supporting_policy.cap)} hours"
        yield f"{name} may do maintenance {cap}, this one for {format_hours(policy.cap)} hours."
