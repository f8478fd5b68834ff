"""The terms that a clock runs under: those in force when its incident opened; they never change afterwards."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from common.canonical_json import hash_canonical_json
from sla.agreements.objectives import IncidentObjective, ObjectiveKind, TermsModel
from sla.agreements.schedule import Binding, EditionUsed
from sla.agreements.terms import IncidentPolicy, Terms
from sla.hours.calendar import Calendar
from sla.hours.service_hours import ServiceHours
from sla.hours.spans import to_datetime
from sla.incidents.turns import IncidentTurn


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

    @property
    def is_next_answer(self) -> bool:
        """Return whether there is a clock for each turn, and not one for the incident."""
        return self.objective.kind is ObjectiveKind.NEXT_ANSWER_TIME


def build_clock_terms(terms: Terms) -> list[ClockTerms]:
    """Build the clock terms of each objective on incidents."""
    return [
        ClockTerms(objective=objective, calendar=objective.hours or terms.service_hours, policy=terms.incidents)
        for objective in terms.objectives
        if isinstance(objective, IncidentObjective)
    ]


class PromisedClockTerms:
    """The clock terms of one binding for promises that begin at different instants, each with its own closures."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._terms_by_editions: dict[tuple[EditionUsed, ...], list[ClockTerms]] = {}

    def list_clocks(
        self, begun_at: int, turns: Iterable[IncidentTurn]
    ) -> Iterator[tuple[ClockTerms, IncidentTurn | None]]:
        """Yield the terms of each clock of an incident that begins at an instant: those of turns with their turn."""
        yield from ((terms, None) for terms in self._build(begun_at) if not terms.is_next_answer)
        for turn in turns:
            yield from ((terms, turn) for terms in self._build(turn.start) if terms.is_next_answer)

    def _build(self, begun_at: int) -> list[ClockTerms]:
        promised = self._binding.as_of_promise(to_datetime(begun_at))
        if promised.editions not in self._terms_by_editions:
            self._terms_by_editions[promised.editions] = build_clock_terms(promised.terms)
        return self._terms_by_editions[promised.editions]
