"""Gauges of service levels for operators: agreements by id, as figures are read beyond the tenant's walls."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from prometheus_client import Gauge

from sla.compliance.forecast.burn_rates import BurnRate, cut_rate

LABELS = ["agreement_id", "objective"]
ATTAINED = Gauge("rapport_objective_attained_percent", "What was attained, by the newest statement", LABELS)
TARGET = Gauge("rapport_objective_target_percent", "What was promised, by the newest statement", LABELS)
BUDGET = Gauge("rapport_error_budget_remaining_percent", "Points of percent left, by the newest statement", LABELS)
BURN_RATE = Gauge("rapport_burn_rate", "1 spends an error budget within its period", [*LABELS, "window"])
FIRING = Gauge(
    "rapport_burn_rate_firing", "1 if a budget is spent too fast, now and over a window", [*LABELS, "window"]
)
ALL = (ATTAINED, TARGET, BUDGET, BURN_RATE, FIRING)


def forget_agreements(agreement_ids: Iterable[UUID]) -> None:
    """Take the agreements out of the figures; those that are still in force are set anew."""
    for agreement_id in agreement_ids:
        for gauge in ALL:
            gauge.remove_by_labels({"agreement_id": str(agreement_id)})


def forget_all() -> None:
    """Take all figures out: another replica has them from now on."""
    for gauge in ALL:
        gauge.clear()


def set_burn_rate(agreement_id: UUID, objective: str, burn_rate: BurnRate) -> None:
    """Set the rates over both windows of a rule, and whether the rule fires."""
    rule, labels = burn_rate.rule, (str(agreement_id), objective)
    rates = ((rule.name, burn_rate.long_window_rate), (rule.short_name, burn_rate.short_window_rate))
    for window, rate in rates:
        if (figure := cut_rate(rate)) is not None:
            BURN_RATE.labels(*labels, window).set(float(figure))
    FIRING.labels(*labels, rule.name).set(burn_rate.is_firing)


def set_attained(agreement_id: UUID, objectives: Iterable[Mapping[str, Any]]) -> None:
    """Set the figures of a statement's objectives; one that measured nothing has none."""
    for objective in objectives:
        attained, remaining = objective["attained"], objective["error_budget"]["remaining"]
        for gauge, figure in ((ATTAINED, attained), (TARGET, objective["target"]), (BUDGET, remaining)):
            if figure is not None and attained is not None:
                gauge.labels(str(agreement_id), objective["name"]).set(float(Decimal(figure)))
