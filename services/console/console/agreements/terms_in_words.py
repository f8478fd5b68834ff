"""Terms as sentences, for people who sign them. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from common.representations.percentages import NBSP
from console.frame.formats import format_day, format_duration, format_money, format_number, format_percent

EXACT_PLACES = 12
"""As many decimals as a target can have."""
DURATION = TypeAdapter(timedelta)
DAYS = {"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday"}
DAYS |= {"sun": "Sunday"}
WEEK = list(DAYS)
METHODS = {
    "occurrences": "counted by events",
    "timeslices": "counted by time slices",
    "ratio_timeslices": "counted by time slices, weighted by events",
    "time": "counted by minutes",
}
MEASURED = {
    "availability": "The service is available at least {target} of the time",
    "ratio": "At least {target} of events are good",
    "latency": "At least {target} of answers are fast enough",
    "gauge": "The measured value is within its bounds at least {target} of the time",
    "quality": "The measured quality is good at least {target} of the time",
}
INCIDENTS = {
    "response_time": "get a first answer",
    "resolution_time": "are resolved",
    "next_answer_time": "get each further answer",
}
PERIODS = {"calendar_month": "each month", "calendar_quarter": "each quarter", "calendar_year": "each year"}


def describe_objective(objective: Mapping[str, Any]) -> str:
    """Describe one promise as a sentence."""
    kind = objective["kind"]
    if kind in MEASURED:
        sentence = MEASURED[kind].format(target=format_percent(objective["target"], EXACT_PLACES))
        return f"{sentence}, {METHODS.get(objective['method'], objective['method'])}."
    if kind == "latency_percentile":
        limit = format_number(objective["limit"])
        return f"At least {format_percent(objective['target'], EXACT_PLACES)} of observations are at most {limit}."
    if kind == "volume":
        direction = str(objective["direction"]).replace("_", " ")
        return f"{direction.capitalize()} {objective['limit']:,} per {objective['per']}."
    share, priorities = format_percent(objective["target"], EXACT_PLACES), _enumerate(objective["priorities"])
    within = _describe_time(objective)
    return f"At least {share} of incidents of priority {priorities} {INCIDENTS[kind]} within {within}."


def _enumerate(values: Sequence[Any]) -> str:
    *first, last = map(str, values)
    return f"{', '.join(first)} and {last}" if first else last


def _describe_time(objective: Mapping[str, Any]) -> str:
    if days := objective.get("within_business_days"):
        return f"{days} business day{'' if days == 1 else 's'}"
    hours, minutes = divmod(int(DURATION.validate_python(objective["within"]).total_seconds()) // 60, 60)
    units = ((hours, "hour"), (minutes, "minute"))
    parts = [f"{count}{NBSP}{unit}{'' if count == 1 else 's'}" for count, unit in units if count]
    return f"{' '.join(parts)} of service time"


def describe_change(change: Mapping[str, Any]) -> str:
    """Describe a change from one proposal to the next, as Availability, target: 99.5 → 99.9."""
    field, sentence = str(change["field"]), str(change["sentence"])
    name, dot, part = field.removeprefix("objectives.").rpartition(".")
    label = f"{name}, {part}" if dot else part
    return label.replace("_", " ") + sentence.removeprefix(field)


def describe_gap(path: str) -> str:
    """Describe what a template leaves to be filled in: objectives.Speed.indicator_id is the indicator of Speed."""
    name, dot, part = path.removeprefix("objectives.").rpartition(".")
    words = part.removesuffix("_id").replace("_", " ")
    return f"{name}: {words}" if dot else words.capitalize()


def describe_hours(hours: Mapping[str, Any]) -> list[str]:
    """Describe the service hours, a line for each run of days that have the same."""
    zone, by_day = hours["timezone"], hours["hours"]
    if isinstance(by_day, str):
        return [f"At all times ({zone})"]
    days = sorted((day for day in by_day if by_day[day]), key=WEEK.index)
    runs: list[list[str]] = []
    for day in days:
        follows = bool(runs) and WEEK.index(day) == WEEK.index(runs[-1][-1]) + 1
        if follows and by_day[day] == by_day[runs[-1][-1]]:
            runs[-1].append(day)
        else:
            runs.append([day])
    return [*(f"{_name_days(run)} {_join_spans(by_day[run[0]])}" for run in runs), f"in the time of {zone}"]


def _name_days(run: Sequence[str]) -> str:
    return DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]} to {DAYS[run[-1]]}"


def _join_spans(spans: Any) -> str:
    parts = spans if isinstance(spans, list) else [spans]
    return ", ".join(" to ".join(map(str, span)) if isinstance(span, list) else str(span) for span in parts)


def describe_terms(terms: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Describe what holds beside the objectives: a label and a sentence each."""
    end = f" to {format_day(terms['ends_on'])}" if terms.get("ends_on") else ", without an end"
    lines = [
        ("Valid", f"from {format_day(terms['starts_on'])}{end}"),
        ("Reviewed", PERIODS.get(terms["review_period"], terms["review_period"])),
    ]
    if charge := terms.get("monthly_charge"):
        lines.append(("Monthly charge", format_money(charge["amount"], charge["currency"])))
    if credit := terms.get("credits"):
        lines += _describe_credits(credit, terms.get("objectives", ()))
    if maintenance := terms.get("maintenance"):
        lines.append(("Planned maintenance", _describe_maintenance(maintenance)))
    return lines


def _describe_maintenance(maintenance: Mapping[str, Any]) -> str:
    notice = format_duration(DURATION.validate_python(maintenance["notice"]))
    sentence = f"does not count where it is announced {notice} before"
    if cap := maintenance.get("cap"):
        sentence += f", up to {format_duration(DURATION.validate_python(cap))} in a period"
    return sentence


def _describe_credits(credit: Mapping[str, Any], objectives: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Describe what a miss owes: the shared scale, the objectives with a scale of their own, and the cap."""
    own = [objective for objective in objectives if objective.get("credits")]
    if shared := _describe_scale(credit):
        yield "Credits" if not own else "Credits, where not said otherwise", shared
    for objective in own:
        yield f"Credits for {objective['name']}", _describe_scale(objective["credits"])
    yield "Credits at most", f"{format_percent(credit.get('cap') or '100')} of the charge for a period"


def _describe_scale(credit: Mapping[str, Any]) -> str:
    steps = [
        f"below {format_percent(step['below'])}: {format_percent(step['percent'])} of the charge"
        for step in credit.get("ladder") or ()
    ]
    steps += [
        f"{_describe_distance(step['points_below'])} the target: {format_percent(step['percent'])} of the charge"
        for step in credit.get("steps") or ()
    ]
    return "; ".join(steps)


def _describe_distance(points: str) -> str:
    number = format_number(points)
    return "below" if number == "0" else f"more than {number} points below"
