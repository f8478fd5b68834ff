"""Reading SLOs: the target, the window and the budgeting method of each objective."""

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
    """Check the fields of an SLO around its objectives, against the services of the bundle."""
    spec.warn_unknown_fields(*_OF_SLO)
    service = spec["service"].text()
    if not service:
        spec["service"].refuse("is missing")
    elif services and service not in services:
        spec["service"].warn("is no Service of this bundle")
    if spec["description"]:
        spec["description"].warn("is not kept; only indicators have a description")
    if spec["alertPolicies"]:
        spec["alertPolicies"].warn("are left out, because alerting is set up elsewhere")


def parse_objective(node: YamlNode, spec: YamlNode, exported: dict[str, Any]) -> dict[str, Any]:
    """Parse an objective; what OpenSLO cannot express is as it was exported, or the default."""
    node.warn_unknown_fields(*_OF_OBJECTIVE)
    fields: dict[str, Any] = {"target": _target(node), "window": parse_time_window(spec["timeWindow"])}
    if node["compositeWeight"]:
        fields["weight"] = node["compositeWeight"].number()
        node["compositeWeight"].warn("is read as the weight of the objective in the overall performance")
    if exported.get("kind", "ratio") not in MEASURED_KINDS:
        return fields
    if "missing" not in exported:
        node.warn("cannot say how minutes without data count, so they are ignored")
    return {"missing": MissingData.IGNORE, "slice_minutes": 1} | exported | fields | _budgeting(node, spec)


def to_objective_kind(definition: NewIndicator) -> str:
    if definition.kind is IndicatorKind.HISTOGRAM:
        return ObjectiveKind.LATENCY
    return definition.kind if definition.kind in MEASURED_KINDS else ObjectiveKind.RATIO


def _target(node: YamlNode) -> Decimal | None:
    """Return the target in percent."""
    share, percent = node["target"], node["targetPercent"]
    if bool(share) == bool(percent):
        share.refuse("must be given instead of targetPercent, or the other way round")
        return None
    node, limit = (share, 1) if share else (percent, 100)
    value = node.number()
    if value is None or 0 < value < limit:
        return None if value is None else _percent(value / limit)
    hint = f"; {value} % is {value / 100}" if share and 1 < value < 100 else ""  # noqa: PLR2004 - percent
    node.refuse(f"must lie between 0 and {limit}, both excluded{hint}")
    return None


def _percent(share: Decimal) -> Decimal:
    return Decimal(f"{(share * 100).normalize():f}")


def _budgeting(node: YamlNode, spec: YamlNode) -> dict[str, Any]:
    """Return the method and slices by `budgetingMethod`."""
    method = BUDGETING_METHODS.get(spec["budgetingMethod"].text())
    if method is None:
        spec["budgetingMethod"].refuse(f"must be one of {', '.join(BUDGETING_METHODS)}")
        return {"method": BudgetingMethod.OCCURRENCES}
    floor = node["timeSliceTarget"].number()
    fields: dict[str, Any] = {"method": method, "slice_target": None if floor is None else _percent(floor)}
    if method is not BudgetingMethod.OCCURRENCES:
        fields["slice_minutes"] = parse_slice_minutes(node["timeSliceWindow"])
    elif node["timeSliceWindow"]:
        node["timeSliceWindow"].warn("is not read, because occurrences are not counted in slices")
    if method is not BudgetingMethod.TIMESLICES and floor is not None:
        node["timeSliceTarget"].warn("is not read, because only Timeslices has a target for each slice")
        fields["slice_target"] = None
    return fields
