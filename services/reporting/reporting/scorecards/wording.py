"""Figures, times and verdicts in words and signs, for people. Pure."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from common.currencies import decimal_places
from common.representations.percentages import NBSP, format_number, format_percent
from reporting.scorecards.months import MONTH_NAMES
from reporting.scorecards.views import Verdict, Withheld

VERDICT_SIGNS = {
    Verdict.MET: "✓",
    Verdict.MISSED: "✗",
    Verdict.NOT_MEASURED: "?",
    Verdict.TOO_LITTLE_MEASURED: "?",
    Verdict.NO_CASES: "○",
    Verdict.PENDING: "…",
    Verdict.AWAITED: "…",
}
VERDICT_WORDS = {
    Verdict.MET: "met",
    Verdict.MISSED: "missed",
    Verdict.NOT_MEASURED: "not measured",
    Verdict.TOO_LITTLE_MEASURED: "too little measured",
    Verdict.NO_CASES: "nothing to judge",
    Verdict.PENDING: "not final yet",
    Verdict.AWAITED: "no statement yet",
}
WARNING_WORDS = {"little_evidence": "on little evidence", "good_above_total": "more good events than events"}
EXACT_PLACES = 12
"""As many decimals as a target can have: it is written as agreed, and what was attained as the statement has it."""


def format_exact_percent(value: Decimal | None) -> str:
    return format_percent(value, EXACT_PLACES)


def format_points(value: Decimal) -> str:
    """Format the distance from the target, without a sign."""
    return f"{format_number(abs(value), 6)} points"


def format_money(amount: Decimal, currency: str) -> str:
    return f"{amount:,.{decimal_places(currency)}f}{NBSP}{currency}"


def format_day(instant: datetime | date) -> str:
    return f"{instant.day}{NBSP}{MONTH_NAMES[instant.month - 1][:3]}{NBSP}{instant.year}"


def format_minute(instant: datetime, timezone: str | None = None) -> str:
    """Format an instant in a zone, or in UTC if it is not known."""
    local = to_local(instant, timezone)
    return f"{format_day(local)}, {local:%H:%M}{NBSP}{timezone or 'UTC'}"


def format_period(start: datetime, end: datetime, timezone: str | None) -> str:
    """Format a period by its first and last day, or by its instants if it does not begin and end with days."""
    first, after = to_local(start, timezone), to_local(end, timezone)
    if first.time() == after.time() == time.min:
        last = after - timedelta(days=1)
        return f"{format_day(first)} to {format_day(last)}, {timezone or 'UTC'}"
    return f"{format_minute(start, timezone)} to {format_minute(end, timezone)}"


def to_local(instant: datetime, timezone: str | None) -> datetime:
    return instant.astimezone(ZoneInfo(timezone or "UTC"))


def list_faults(objectives: int, missed: int, undecided: int) -> str:
    """Say what became of the objectives that were not met."""
    parts = [f"{missed} missed"] if missed else []
    parts += [f"{undecided} undecided"] if undecided else []
    return ", ".join(parts) or ("none missed" if objectives else "no objective in force")


def describe_withheld(withheld: Withheld) -> str:
    """Say why a score is not shown."""
    if withheld.answered < withheld.needed:
        return f"{withheld.answered} of {withheld.needed} answers needed"
    return "shown when it closes"
