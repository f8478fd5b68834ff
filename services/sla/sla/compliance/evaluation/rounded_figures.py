"""Figures rounded to the nearest, as the calculator and statements of rules V1 show them."""

from decimal import Decimal

from sla.compliance.evaluation.assessment import MARGIN_PLACES, Assessment
from sla.compliance.evaluation.ratios import PERCENT_PLACES, RATE_PLACES


def round_figures(assessment: Assessment) -> dict[str, Decimal | None]:
    """Return the figures rounded half to even, but the margin away from 0, so that its sign is exact."""
    ratio, consumed, measured = assessment.ratio, assessment.burn_rate, assessment.measured_share
    return {
        "attained": ratio.to_percent(PERCENT_PLACES) if ratio else None,
        "margin": ratio.excess_over(assessment.target).to_percent_outward(MARGIN_PLACES) if ratio else None,
        "budget_consumed": consumed.to_percent(RATE_PLACES) if consumed else None,
        "budget_remaining": consumed.complement.to_percent(RATE_PLACES) if consumed else None,
        "coverage": measured.to_percent(PERCENT_PLACES) if measured else None,
    }
