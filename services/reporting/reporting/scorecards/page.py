"""The scorecard as one HTML page without scripts or outside resources, and a policy that forbids both. Pure."""

import base64
import hashlib
from decimal import Decimal
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from reporting.scorecards import charts, wording
from reporting.scorecards.months import Month
from reporting.scorecards.views import Credit, Scorecard, StatementCard, Verdict


def render_page(card: Scorecard, sha256: str) -> str:
    return _template().render(
        card=card,
        sha256=sha256,
        month=Month.parse(card.period),
        credits=sum_credits(card.statements),
        style=Markup(_style()),  # noqa: S704 - our own file, and its hash stands in the policy
    )


def sum_credits(statements: list[StatementCard]) -> list[Credit]:
    """Sum up the credits per currency."""
    sums: dict[str, Decimal] = {}
    for statement in statements:
        if statement.credit:
            sums[statement.credit.currency] = sums.get(statement.credit.currency, Decimal(0)) + statement.credit.amount
    return [Credit(amount=amount, currency=currency) for currency, amount in sorted(sums.items()) if amount]


@cache
def content_security_policy() -> str:
    """Return the Content-Security-Policy that allows the page's own style and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _style() -> str:
    return _read("scorecard.css")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_read), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "percent": wording.format_percent,
        "exact_percent": wording.format_exact_percent,
        "points": wording.format_points,
        "day": wording.format_day,
        "minute": wording.format_minute,
        "money": wording.format_money,
        "sign": wording.VERDICT_SIGNS.__getitem__,
        "word": wording.VERDICT_WORDS.__getitem__,
        "warning": lambda warning: wording.WARNING_WORDS.get(warning, warning),
        "month": lambda text: Month.parse(text).title,
        "short": lambda text: f"{Month.parse(text).short_name}{wording.NBSP}{text[:4]}",
    }
    environment.globals |= {"charts": charts, "Verdict": Verdict}
    return environment.get_template("scorecard.html")


def _read(name: str) -> str:
    return files("reporting.scorecards").joinpath("templates", name).read_text("utf-8")
