"""What an SLO says of each of its objectives: the target, the window, and how it is counted."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from sla.agreements.objectives import BudgetingMethod, MissingData, ObjectiveKind
from sla.indicators.definition import IndicatorKind
from sla.indicators.views import NewIndicator
from sla.openslo.windows import parse_slice_minutes, parse_time_window
from sla.openslo.yaml_nodes import YamlNode

BUDGETING_METHODS = {
    "Occurrences": BudgetingMethod.OCCURRENCES,
    "Timeslices": BudgetingMethod.TIMESLICES,
    "RatioTimeslices": BudgetingMethod.RATIO_TIMESLICES,
}
MEASURED_KINDS = frozenset({"availability", "ratio", "latency", "gauge", "quality"})
_OF_SLO = (
    "description",
    "service",
    "indicator",
    "indicatorRef",
    "timeWindow",
    "budgetingMethod",
    "objectives",
    "alertPolicies",
)
_OF_OBJECTIVE = (
    "displayName",
    "op",
    "value",
    "target",
    "targetPercent",
    "timeSliceTarget",
    "timeSliceWindow",
    "indicator",
    "indicatorRef",
    "compositeWeight",
)


def check_slo_spec(spec: YamlNode, services: Collection[str]) -> None:
    """What lies around the objectives; `services`: those of the bundle."""
    spec.warn_unknown_fields(*_OF_SLO)
    service = spec["service"].text()
    if not service:
        spec["service"].refuse("is missing")
    elif services and service not in services:
        spec["service"].warn("is no Service of this bundle")
    if spec["description"]:
        spec["description"].warn("is not kept: an objective has a name, and an indicator a description")
    if spec["alertPolicies"]:
        spec["alertPolicies"].warn("are left out: alerting is set up elsewhere")


def parse_objective(node: YamlNode, spec: YamlNode, exported: dict[str, Any]) -> dict[str, Any]:
    """What this objective says; what OpenSLO cannot say is as it was exported, or as usual."""
    node.warn_unknown_fields(*_OF_OBJECTIVE)
    fields: dict[str, Any] = {"target": _target(node), "window": parse_time_window(spec["timeWindow"])}
    if node["compositeWeight"]:
        fields["weight"] = node["compositeWeight"].number()
        node["compositeWeight"].warn("is the weight in the performance of the period; each objective is kept alone")
    if exported.get("kind", "ratio") not in MEASURED_KINDS:
        return fields
    if "missing" not in exported:
        node.warn("does not say what a minute counts as that was not measured: it is left out")
    return {"missing": MissingData.IGNORE, "slice_minutes": 1} | exported | fields | _counted(node, spec)


def to_objective_kind(definition: NewIndicator) -> str:
    if definition.kind is IndicatorKind.HISTOGRAM:
        return ObjectiveKind.LATENCY
    return definition.kind if definition.kind in MEASURED_KINDS else ObjectiveKind.RATIO


def _target(node: YamlNode) -> Decimal | None:
    """Percent."""
    share, percent = node["target"], node["targetPercent"]
    if bool(share) == bool(percent):
        share.refuse("must be given, or targetPercent, and only one of them")
        return None
    given, whole = (share, 1) if share else (percent, 100)
    value = given.number()
    if value is None or 0 < value < whole:
        return None if value is None else _percent(value / whole)
    hint = f"; {value} % are {value / 100}" if share and 1 < value < 100 else ""  # noqa: PLR2004 - percent
    given.refuse(f"must lie between 0 and {whole}, both excluded{hint}")
    return None


def _percent(share: Decimal) -> Decimal:
    return Decimal(f"{(share * 100).normalize():f}")


def _counted(node: YamlNode, spec: YamlNode) -> dict[str, Any]:
    """How it is counted, by `budgetingMethod`."""
    method = BUDGETING_METHODS.get(spec["budgetingMethod"].text())
    if method is None:
        spec["budgetingMethod"].refuse(f"must be one of {', '.join(BUDGETING_METHODS)}")
        return {"method": BudgetingMethod.OCCURRENCES}
    floor = node["timeSliceTarget"].number()
    fields: dict[str, Any] = {"method": method, "slice_target": None if floor is None else _percent(floor)}
    if method is not BudgetingMethod.OCCURRENCES:
        fields["slice_minutes"] = parse_slice_minutes(node["timeSliceWindow"])
    elif node["timeSliceWindow"]:
        node["timeSliceWindow"].warn("is not read: occurrences are not counted in slices")
    if method is not BudgetingMethod.TIMESLICES and floor is not None:
        node["timeSliceTarget"].warn("is not read: only Timeslices has a target for each slice")
        fields["slice_target"] = None
    return fields
