"""The scorecard as one HTML page. Pure."""

from decimal import Decimal

from common.pages.page_templates import PageTemplates, RenderedPage
from common.representations.percentages import NBSP, format_percent
from reporting.scorecards import charts, wording
from reporting.scorecards.months import Month
from reporting.scorecards.views import Credit, Scorecard, StatementCard, Verdict

TEMPLATES = PageTemplates(
    "reporting.scorecards",
    "scorecard.css",
    filters={
        "percent": format_percent,
        "exact_percent": wording.format_exact_percent,
        "points": wording.format_points,
        "day": wording.format_day,
        "minute": wording.format_minute,
        "local": wording.to_local,
        "withheld": wording.describe_withheld,
        "money": wording.format_money,
        "sign": wording.VERDICT_SIGNS.__getitem__,
        "word": wording.VERDICT_WORDS.__getitem__,
        "warning": lambda warning: wording.WARNING_WORDS.get(warning, warning),
        "month": lambda text: Month.parse(text).title,
        "short": lambda text: f"{Month.parse(text).short_name}{NBSP}{text[:4]}",
    },
    values={"charts": charts, "wording": wording, "Verdict": Verdict},
)
FIRST_MONTH = Month(2000, 1)


def render_page(card: Scorecard, sha256: str, current: Month) -> RenderedPage:
    """Render the page; it leads to the months before and after, up to the current one."""
    month = Month.parse(card.period)
    return TEMPLATES.render(
        "scorecard.html",
        card=card,
        sha256=sha256,
        month=month,
        earlier=month.add_months(-1) if month > FIRST_MONTH else None,
        later=month.add_months(1) if month < current else None,
        credits=sum_credits(card.statements),
    )


def sum_credits(statements: list[StatementCard]) -> list[Credit]:
    """Sum up the credits per currency."""
    sums: dict[str, Decimal] = {}
    for statement in statements:
        if statement.credit:
            sums[statement.credit.currency] = sums.get(statement.credit.currency, Decimal(0)) + statement.credit.amount
    return [Credit(amount=amount, currency=currency) for currency, amount in sorted(sums.items()) if amount]
