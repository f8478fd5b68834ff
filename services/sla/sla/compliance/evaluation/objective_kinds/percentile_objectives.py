"""Assess percentiles as the share of observations up to the limit: the 95th is within it if 95 % of them are."""

from decimal import Decimal

from sla.agreements.objectives import PercentileObjective
from sla.compliance.evaluation.assessment import Assessment, Mask, count_true
from sla.compliance.evaluation.ratios import percent_to_fraction, ratio_or_none
from sla.measurements.histograms.observations import Observations


def assess_percentile(
    objective: PercentileObjective, observations: Observations, in_service: Mask, excluded: Mask
) -> Assessment:
    scope, target = in_service & ~excluded, percent_to_fraction(objective.target)
    distribution = observations.distribution(scope)
    good, total = distribution.count_up_to(objective.limit), distribution.count
    minutes, measured = count_true(scope), count_true(observations.is_known & scope)
    edges = [_format_edge(edge) for edge in observations.edges_below(objective.limit)]
    return Assessment(
        target=target,
        ratio=ratio_or_none(good, total),
        in_scope=total,
        bad=total - good,
        excluded=observations.distribution(in_service & excluded).count,
        unknown=minutes - measured,
        measured_share=ratio_or_none(measured, minutes),
        unit="observations",
        details={"value": _format_edge(distribution.percentile(target)), "edges_compared": edges},
    )


def _format_edge(edge: Decimal | None) -> str | None:
    """Format an edge of a bucket; infinity lies above the last edge."""
    return None if edge is None else f"{edge.normalize():f}"
