"""Figures and verdicts in words and signs, for people. Nothing is rounded up: 99.9996 is not 100. Pure."""

from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from common.currencies import decimal_places
from reporting.scorecards.months import MONTH_NAMES
from reporting.scorecards.views import Verdict

NBSP = "\u00a0"
MINUS = "\u2212"
MISSING = "\u2013"

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


def format_number(value: Decimal, places: int = 4) -> str:
    """Format a number without trailing zeros, rounded down."""
    text = f"{value.quantize(Decimal(1).scaleb(-places), ROUND_FLOOR):f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", MINUS)


def format_percent(value: Decimal | None, places: int = 4) -> str:
    return MISSING if value is None else f"{format_number(value, places)}{NBSP}%"


def format_points(value: Decimal) -> str:
    """Format the distance from the target, without a sign."""
    return f"{format_number(abs(value), 6)} points"


def format_money(amount: Decimal, currency: str) -> str:
    return f"{amount:,.{decimal_places(currency)}f}{NBSP}{currency}"


def format_day(instant: datetime) -> str:
    return f"{instant.day}{NBSP}{MONTH_NAMES[instant.month - 1][:3]}{NBSP}{instant.year}"


def format_minute(instant: datetime) -> str:
    return f"{format_day(instant)}, {instant:%H:%M}{NBSP}UTC"
