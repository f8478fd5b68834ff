"""Importing incidents from a file: each line is read by itself, and what it says is reported as a tool would."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from common.errors import DomainError, merge_refusals
from common.http.deadline import AnswerTime
from common.unit_of_work import UnitOfWork
from sla.incidents import actions as incidents
from sla.incidents.imports import store
from sla.incidents.imports.columns import Columns, ImportField, map_columns
from sla.incidents.imports.csv_table import CsvTable
from sla.incidents.imports.errors import ColumnNotFound, ImportTakesTooLong, IncidentFileRefused, LineInvalid
from sla.incidents.imports.line_reader import IncidentLine, LineProblem, LineReader
from sla.incidents.imports.row_events import LineEvent, build_events, build_update_events
from sla.incidents.imports.views import ImportOptions, ImportReport
from sla.incidents.store import lock_or_create_incidents
from sla.incidents.views import AnyIncidentEvent, IncidentReportReceipt, parse_event

BATCH_EVENTS = 1000
"""After so many events it is seen whether the time suffices."""
LONGEST_SHARE = 0.7
"""Of the time for an answer, the rest of which it takes to commit."""
SMALLEST_PART = 100
"""Lines that are imported in time on every machine."""


class _Undone(Exception):
    """The signal to take back what was stored."""


@dataclass(slots=True)
class _Outcome:
    """The outcome of an attempt to store events."""

    accepted: int = 0
    repeated: int = 0
    incidents: int = 0
    refusals: dict[int, DomainError] = field(default_factory=dict)

    def add(self, receipt: IncidentReportReceipt, refusals: Mapping[int, DomainError]) -> None:
        self.accepted += receipt.accepted
        self.repeated += receipt.repeated
        self.incidents += len(receipt.incidents)
        self.refusals |= refusals

    def keep(self, *, is_wanted: bool) -> None:
        """Raise _Undone unless it is wanted, and nothing was refused."""
        if self.refusals or not is_wanted:
            raise _Undone


@dataclass(slots=True)
class _ReadFile:
    """The content of a file: the events of its lines, and what is wrong with them."""

    events: list[tuple[int, AnyIncidentEvent]] = field(default_factory=list)
    """With their lines."""
    problems: list[LineProblem] = field(default_factory=list)

    def leave_out_refused(self) -> None:
        """Leave out all events of lines with problems."""
        refused = {problem.line for problem in self.problems}
        self.events = [(line, event) for line, event in self.events if line not in refused]


async def import_incidents(
    work: UnitOfWork, table: CsvTable, options: ImportOptions, answer_time: AnswerTime
) -> ImportReport:
    """Report what the lines say. Raise IncidentFileRefused if all are to be stored, and one of them breaks a rule, or
    ImportTakesTooLong.

    An incident is stored with all its lines or with none, as what one of them says depends on the others.
    """
    columns = map_columns(table.columns, options.stated_columns())
    _require(columns, options)
    reader = LineReader(options.to_rules(columns), await store.load_name_book(work))
    # In a thread, as other requests are to be answered meanwhile.
    lines, file = await asyncio.to_thread(_read_lines, reader, table, options)
    outcome = await _store(work, options, lines, file, answer_time)
    refused = {problem.line for problem in file.problems}
    if refused and options.mode == "all" and not options.dry_run:
        raise _merge_problems(file.problems, len(refused), len(lines))
    return ImportReport(
        is_stored=not options.dry_run,
        lines=len(lines),
        good_lines=len(lines) - len(refused),
        accepted=outcome.accepted,
        repeated=outcome.repeated,
        incidents=outcome.incidents,
        encoding=table.encoding,
        separator=table.separator,
        columns=columns,
        ignored_columns=[name for name in table.columns if name and name not in columns.values()],
        problems=ImportReport.show_problems(file.problems),
    )


def _require(columns: Columns, options: ImportOptions) -> None:
    needed = {ImportField.INCIDENT, ImportField.OPENED_AT}
    if options.rows == "updates":
        needed = {ImportField.INCIDENT, ImportField.STATE, ImportField.UPDATED_AT}
    missing = sorted(needed - columns.keys())
    if missing:
        message = f"No column says {missing[0]}: name it, as columns={missing[0]}=Name of the column."
        raise ColumnNotFound(message, field="columns")


def _read_lines(reader: LineReader, table: CsvTable, options: ImportOptions) -> tuple[list[IncidentLine], _ReadFile]:
    lines = [reader.read(line, is_update=options.rows == "updates") for line in table.lines]
    return lines, _read_events(lines, options)


def _read_events(lines: Sequence[IncidentLine], options: ImportOptions) -> _ReadFile:
    lines_by_incident = defaultdict[str, list[IncidentLine]](list)
    for line in lines:
        lines_by_incident[line.incident].append(line)
    file = _ReadFile()
    for group in lines_by_incident.values():
        problems = [problem for line in group for problem in line.problems]
        if not problems and options.rows == "incidents" and len(group) > 1:
            message = f"is an incident that line {group[0].number} has already: a log of updates needs rows=updates"
            problems = [LineProblem(line.number, None, message) for line in group[1:]]
        if problems:
            file.problems += _spread(problems, group)
        else:
            _parse_events(file, build_update_events(group) if options.rows == "updates" else build_events(group[0]))
    file.leave_out_refused()
    return file


def _spread(problems: Sequence[LineProblem], group: Sequence[IncidentLine]) -> list[LineProblem]:
    """Refuse the other lines of the incident as well."""
    refused = {problem.line for problem in problems}
    message = f"is refused with line {problems[0].line}, which is about the same incident"
    return [*problems, *(LineProblem(line.number, None, message) for line in group if line.number not in refused)]


def _parse_events(file: _ReadFile, events: Iterable[LineEvent]) -> None:
    for line, document in events:
        try:
            file.events.append((line, parse_event(document)))
        except DomainError as error:
            file.problems.append(LineProblem(line, error.field, error.message))


async def _store(
    work: UnitOfWork,
    options: ImportOptions,
    lines: Sequence[IncidentLine],
    file: _ReadFile,
    answer_time: AnswerTime,
) -> _Outcome:
    """Store the events of the good lines, or find out what would be; further problems are added to the file's."""
    while True:
        has_problems = bool(file.problems) and options.mode == "all"
        outcome = _Outcome()
        with suppress(_Undone):
            async with work.attempt():
                await _store_in_batches(work, options.source, file, outcome, answer_time)
                outcome.keep(is_wanted=not options.dry_run and not has_problems)
        if not outcome.refusals:
            return outcome
        file.problems += _to_problems(outcome.refusals, file, lines)
        file.leave_out_refused()


async def _store_in_batches(
    work: UnitOfWork, source: str, file: _ReadFile, outcome: _Outcome, answer_time: AnswerTime
) -> None:
    names = {event.incident for _, event in file.events}
    # All of them before the first batch, so that two imports at once never wait for each other in a circle.
    await lock_or_create_incidents(work, source, names)
    for batch in _list_batches(file):
        _check_time(answer_time, min(batch), file)
        outcome.add(*await incidents.store_valid_events(work, source, batch))


def _list_batches(file: _ReadFile) -> Iterator[dict[int, AnyIncidentEvent]]:
    """Yield events by their positions; those of one incident follow each other, and are in one batch."""
    batch: dict[int, AnyIncidentEvent] = {}
    for position, (_, event) in enumerate(file.events):
        if len(batch) >= BATCH_EVENTS and event.incident != batch[position - 1].incident:
            yield batch
            batch = {}
        batch[position] = event
    if batch:
        yield batch


def _check_time(answer_time: AnswerTime, done: int, file: _ReadFile) -> None:
    """Raise ImportTakesTooLong, early enough for the answer to leave; so many of the events are done."""
    if answer_time.elapsed_share < LONGEST_SHARE:
        return
    count = len({line for line, _ in file.events})
    done_lines = count * done // len(file.events)
    part = max(SMALLEST_PART, min(done_lines, count // 2) // 2)
    raise ImportTakesTooLong(
        f"{done_lines} of {count} lines took {answer_time.elapsed_seconds:.0f} s, and the request is to be answered "
        f"within {answer_time.seconds:g} s. Nothing is stored: split the file into parts of at most {part} lines, all "
        "lines of an incident in one of them."
    )


def _to_problems(
    refusals: Mapping[int, DomainError], file: _ReadFile, lines: Sequence[IncidentLine]
) -> Collection[LineProblem]:
    """Return the problems of the refused events' lines, and of the other lines of the same incidents."""
    groups = defaultdict[str, list[IncidentLine]](list)
    for line in lines:
        groups[line.incident].append(line)
    problems: dict[str, list[LineProblem]] = defaultdict(list)
    for position, refusal in refusals.items():
        number, event = file.events[position]
        problems[event.incident].append(LineProblem(number, None, refusal.message))
    return [problem for name, own in problems.items() for problem in _spread(own, groups[name])]


def _merge_problems(problems: Sequence[LineProblem], refused: int, count: int) -> DomainError:
    rules = [
        LineInvalid(f"{problem.column or 'it'} {problem.message}", field=f"lines.{problem.line}")
        for problem in sorted(problems, key=lambda problem: problem.line)
    ]
    merge_refusals(rules, "nothing is stored.")
    merged = IncidentFileRefused(
        f"{refused} of {count} lines are refused, and nothing is stored: mend them, or import the good lines. "
        "A dry run reports all that is wrong.",
        field=rules[0].field,
    )
    merged.others = [rules[0], *rules[0].others]
    merged.field = None
    return merged
