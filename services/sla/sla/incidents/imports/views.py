"""Requests that import incidents, and reports of what was imported."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from common.errors import Invalid
from common.views import MachineName, View
from sla.hours.time_zones import load_zone
from sla.incidents.history import IncidentEventKind
from sla.incidents.imports.cells import DateOrder
from sla.incidents.imports.columns import ImportField
from sla.incidents.imports.csv_table import Encoding, Separator
from sla.incidents.imports.line_reader import LineProblem, ReadingRules

MAX_SHOWN_PROBLEMS = 1000
NEW = "new"
STATE_WORDS = {
    NEW: None,
    "acknowledged": IncidentEventKind.ACKNOWLEDGED,
    "paused": IncidentEventKind.PAUSED,
    "resolved": IncidentEventKind.RESOLVED,
    "closed": IncidentEventKind.CLOSED,
    "cancelled": IncidentEventKind.CANCELLED,
}


class ImportOptions(View):
    """The options of a request, which say how its file is read."""

    source: MachineName
    rows: Literal["incidents", "updates"] = "incidents"
    mode: Literal["all", "good_lines"] = "all"
    dry_run: bool = False
    zone: str | None = None
    dates: DateOrder = "year_first"
    encoding: Encoding | None = None
    separator: Separator | None = None
    columns: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    customer: str | None = None
    offering: str | None = None
    service: str | None = None
    priority: str | None = None

    def stated_columns(self) -> dict[ImportField, str]:
        fields = {name.value: name for name in ImportField}
        pairs = _split_pairs(self.columns, "columns", "incident=Issue key")
        unknown = [name for name in pairs if name not in fields]
        if unknown:
            raise Invalid(f"{unknown[0]} is none of {', '.join(fields)}", field="columns")
        return {fields[name]: column for name, column in pairs.items()}

    def to_rules(self, columns: dict[ImportField, str]) -> ReadingRules:
        """Return the rules by which lines are read. Raise Invalid."""
        defaults = {
            ImportField.CUSTOMER: self.customer,
            ImportField.OFFERING: self.offering,
            ImportField.SERVICE: self.service,
            ImportField.PRIORITY: self.priority,
        }
        try:
            zone = load_zone(self.zone) if self.zone else None
        except ValueError as error:
            raise Invalid(str(error), field="zone") from None
        return ReadingRules(
            columns=columns,
            dates=self.dates,
            zone=zone,
            priorities=self._read_priorities(),
            states=self._read_states(),
            defaults={name: value for name, value in defaults.items() if value},
        )

    def _read_priorities(self) -> dict[str, int]:
        pairs = _split_pairs(self.priorities, "priorities", "Blocker=1")
        if any(value not in ("1", "2", "3", "4", "5") for value in pairs.values()):
            raise Invalid("must give each word a priority from 1 to 5, as Blocker=1", field="priorities")
        return {word.lower(): int(value) for word, value in pairs.items()}

    def _read_states(self) -> dict[str, IncidentEventKind | None]:
        pairs = _split_pairs(self.states, "states", "Awaiting Vendor=paused")
        if any(value not in STATE_WORDS for value in pairs.values()):
            raise Invalid(f"must give each state one of {', '.join(STATE_WORDS)}", field="states")
        return {word.lower(): STATE_WORDS[value] for word, value in pairs.items()}


def _split_pairs(texts: Sequence[str], field: str, example: str) -> dict[str, str]:
    pairs = {name.strip(): value.strip() for name, mark, value in (text.partition("=") for text in texts) if mark}
    if len(pairs) < len(texts) or not all((*pairs, *pairs.values())):
        raise Invalid(f"must be pairs of different names, as {example}", field=field)
    return pairs


class LineProblemView(View):
    line: int = Field(description="The line of the file, from 1 on: the columns' names are line 1.")
    column: str | None = Field(description="The column of the file; null if it is the line as a whole.")
    message: str


class ImportReport(View):
    """The report on a file: its lines, and the events that were stored."""

    is_stored: bool
    """False after a dry run, and when nothing was to be stored because of a line that is refused."""
    lines: int
    good_lines: int
    accepted: int
    """How many events were stored, or would be."""
    repeated: int
    """How many events were stored before, with the same content."""
    incidents: int
    encoding: str
    separator: Separator
    columns: dict[ImportField, str]
    """The columns that were read, by what they say."""
    ignored_columns: list[str]
    problems: list[LineProblemView]
    """Of the lines that are refused; at most 1,000."""

    @staticmethod
    def show_problems(problems: Sequence[LineProblem]) -> list[LineProblemView]:
        ordered = sorted(problems, key=lambda problem: problem.line)
        return [LineProblemView.from_entity(problem) for problem in ordered[:MAX_SHOWN_PROBLEMS]]
