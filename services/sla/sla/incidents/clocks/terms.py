"""The terms that a clock runs under: those in force when its incident opened; they never change afterwards."""

from functools import cached_property

from common.canonical_json import hash_canonical_json
from sla.agreements.objectives import IncidentObjective, ObjectiveKind, TermsModel
from sla.agreements.terms import IncidentPolicy, Terms
from sla.hours.calendar import Calendar
from sla.hours.service_hours import ServiceHours


class ClockTerms(TermsModel):
    """An objective with its calendar and policy, and with the closures of shared calendars that were approved then."""

    objective: IncidentObjective
    calendar: Calendar
    """When the clock runs."""
    policy: IncidentPolicy

    @cached_property
    def hours(self) -> ServiceHours:
        return self.calendar.to_service_hours()

    @cached_property
    def sha256(self) -> str:
        """The hash of the document, under which it is stored."""
        return hash_canonical_json(self.to_document())

    @property
    def is_response(self) -> bool:
        return self.objective.kind is ObjectiveKind.RESPONSE_TIME


def build_clock_terms(terms: Terms) -> list[ClockTerms]:
    """Build the clock terms of each objective on incidents."""
    return [
        ClockTerms(objective=objective, calendar=objective.hours or terms.service_hours, policy=terms.incidents)
        for objective in terms.objectives
        if isinstance(objective, IncidentObjective)
    ]
