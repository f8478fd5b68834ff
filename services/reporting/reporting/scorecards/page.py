"""The scorecard as one HTML page. Pure."""

from decimal import Decimal

from common.pages.page_templates import PageTemplates, RenderedPage
from reporting.scorecards import charts, wording
from reporting.scorecards.months import Month
from reporting.scorecards.views import Credit, Scorecard, StatementCard, Verdict

TEMPLATES = PageTemplates(
    "reporting.scorecards",
    "scorecard.css",
    filters={
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
    },
    values={"charts": charts, "Verdict": Verdict},
)


def render_page(card: Scorecard, sha256: str) -> RenderedPage:
    return TEMPLATES.render(
        "scorecard.html",
        card=card,
        sha256=sha256,
        month=Month.parse(card.period),
        credits=sum_credits(card.statements),
    )


def sum_credits(statements: list[StatementCard]) -> list[Credit]:
    """Sum up the credits per currency."""
    sums: dict[str, Decimal] = {}
    for statement in statements:
        if statement.credit:
            sums[statement.credit.currency] = sums.get(statement.credit.currency, Decimal(0)) + statement.credit.amount
    return [Credit(amount=amount, currency=currency) for currency, amount in sorted(sums.items()) if amount]
