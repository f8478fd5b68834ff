"""Lines of an import: what they say of incidents, and what is wrong with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sla.incidents.history import IncidentEventKind
from sla.incidents.imports.cells import DateOrder, interpret_state, read_priority, read_time
from sla.incidents.imports.columns import Columns, ImportField
from sla.incidents.imports.csv_table import CsvLine
from sla.incidents.imports.name_book import NameBook

Value = TypeVar("Value")

TIMES = {
    ImportField.ACKNOWLEDGED_AT: IncidentEventKind.ACKNOWLEDGED,
    ImportField.RESOLVED_AT: IncidentEventKind.RESOLVED,
    ImportField.CLOSED_AT: IncidentEventKind.CLOSED,
    ImportField.CANCELLED_AT: IncidentEventKind.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class LineProblem:
    line: int
    column: str | None
    """The name of the column in the file; None if it is the line as a whole."""
    message: str


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """The rules of a request on how cells are read."""

    columns: Columns
    dates: DateOrder
    zone: ZoneInfo | None
    priorities: Mapping[str, int]
    states: Mapping[str, IncidentEventKind | None]
    defaults: Mapping[ImportField, str]
    """What holds for lines that do not say it."""


@dataclass(slots=True)
class IncidentLine:
    """The content of a line: an incident, or an update of one."""

    number: int
    incident: str = ""
    title: str = ""
    priority: int | None = None
    concerns: dict[str, UUID] = field(default_factory=dict)
    """The customer's and the offering's or service's id, by their names in an event."""
    opened_at: datetime | None = None
    times: dict[IncidentEventKind, datetime] = field(default_factory=dict)
    assignee: str = ""
    state: str = ""
    entered: IncidentEventKind | None = None
    """What the incident does by entering its state."""
    updated_at: datetime | None = None
    problems: list[LineProblem] = field(default_factory=list)


class LineReader:
    """Reads lines by the rules of a request."""

    def __init__(self, rules: ReadingRules, names: NameBook) -> None:
        self._rules = rules
        self._names = names

    def read(self, line: CsvLine, *, is_update: bool) -> IncidentLine:
        """Read a line; what cannot be read is among its problems."""
        cells = _Cells(line, self._rules)
        content = IncidentLine(line.number, problems=cells.problems)
        content.incident = cells.read_text(ImportField.INCIDENT)
        content.title = cells.read_text(ImportField.TITLE)
        content.assignee = cells.read_text(ImportField.ASSIGNEE)
        content.priority = cells.read(ImportField.PRIORITY, lambda text: read_priority(text, self._rules.priorities))
        content.opened_at = cells.read(ImportField.OPENED_AT, self._read_time)
        if is_update:
            self._read_update(content, cells)
        else:
            self._read_times(content, cells)
        self._read_subject(content, cells)
        needed = (ImportField.STATE, ImportField.UPDATED_AT) if is_update else (ImportField.OPENED_AT,)
        cells.require(ImportField.INCIDENT, ImportField.PRIORITY, ImportField.CUSTOMER, *needed)
        return content

    def _read_times(self, content: IncidentLine, cells: "_Cells") -> None:
        for name, kind in TIMES.items():
            time = cells.read(name, self._read_time)
            if time is not None and content.opened_at is not None and time < content.opened_at:
                cells.refuse(name, "is before the incident was opened: see `dates`")
            elif time is not None:
                content.times[kind] = time

    def _read_update(self, content: IncidentLine, cells: "_Cells") -> None:
        content.state = cells.read_text(ImportField.STATE)
        content.entered = cells.read(ImportField.STATE, lambda text: interpret_state(text, self._rules.states))
        content.updated_at = cells.read(ImportField.UPDATED_AT, self._read_time)

    def _read_subject(self, content: IncidentLine, cells: "_Cells") -> None:
        customer_id = cells.read(ImportField.CUSTOMER, self._names.find_customer)
        service_id = cells.read(ImportField.SERVICE, self._names.find_service)
        offering_id = cells.read(ImportField.OFFERING, lambda text: self._names.find_offering(text, service_id))
        if not cells.has(ImportField.OFFERING) and not cells.has(ImportField.SERVICE):
            cells.refuse(ImportField.SERVICE, "is missing: say which offering or service it concerns")
        if customer_id is not None:
            content.concerns["customer_id"] = customer_id
        if offering_id is not None:
            content.concerns["offering_id"] = offering_id
        elif service_id is not None:
            content.concerns["service_id"] = service_id

    def _read_time(self, text: str) -> datetime:
        return read_time(text, self._rules.dates, self._rules.zone)


class _Cells:
    """The cells of one line by field."""

    def __init__(self, line: CsvLine, rules: ReadingRules) -> None:
        self.problems: list[LineProblem] = []
        self._line = line
        self._rules = rules

    def has(self, name: ImportField) -> bool:
        return bool(self.read_text(name))

    def read_text(self, name: ImportField) -> str:
        column = self._rules.columns.get(name)
        text = self._line.cells.get(column, "") if column else ""
        return text or self._rules.defaults.get(name, "")

    def read(self, name: ImportField, read: Callable[[str], Value]) -> Value | None:
        text = self.read_text(name)
        try:
            return read(text) if text else None
        except ValueError as error:
            self.refuse(name, f"{_shorten(text)} {error}")
            return None

    def require(self, *names: ImportField) -> None:
        for name in names:
            if not self.has(name):
                self.refuse(name, "is missing")

    def refuse(self, name: ImportField, message: str) -> None:
        self.problems.append(LineProblem(self._line.number, self._rules.columns.get(name, name), message))


def _shorten(text: str) -> str:
    return f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"'  # noqa: PLR2004 - enough to find it


def build_fields(content: IncidentLine) -> dict[str, Any]:
    """Build the fields of an event that opens the incident of a line."""
    return {"priority": content.priority, "title": content.title or content.incident} | content.concerns
