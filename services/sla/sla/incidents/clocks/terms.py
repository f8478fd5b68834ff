"""What a clock runs under: taken from the terms in force when its incident opened, and never changed afterwards."""

import hashlib
from functools import cached_property
from typing import Any

import rfc8785

from sla.agreements.objectives import IncidentObjective, ObjectiveKind, TermsModel
from sla.agreements.terms import IncidentPolicy, Terms
from sla.hours.calendar import Calendar
from sla.hours.service_hours import ServiceHours


class ClockTerms(TermsModel):
    """Kept as a document of its own: the closures of shared calendars are in it as they were known then."""

    objective: IncidentObjective
    calendar: Calendar
    """When the clock runs."""
    policy: IncidentPolicy

    @cached_property
    def hours(self) -> ServiceHours:
        return self.calendar.to_service_hours()

    @property
    def is_response(self) -> bool:
        return self.objective.kind is ObjectiveKind.RESPONSE_TIME

    def to_document(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


def hash_clock_terms(document: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON (RFC 8785), in hexadecimal: equal clock terms are kept once."""
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


def build_clock_terms(terms: Terms) -> list[ClockTerms]:
    """One per objective on incidents."""
    return [
        ClockTerms(objective=one, calendar=one.hours or terms.service_hours, policy=terms.incidents)
        for one in terms.objectives
        if isinstance(one, IncidentObjective)
    ]
