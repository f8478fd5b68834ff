"""Bundles of OpenSLO as people write them, and what importing finds in them."""

import json
from typing import Any

import yaml

from sla.agreements.objectives import MeasuredObjective
from sla.openslo.importer import BundleImport

SLO: dict[str, Any] = {
    "apiVersion": "openslo/v1",
    "kind": "SLO",
    "metadata": {"name": "orders"},
    "spec": {
        "service": "shop",
        "indicatorRef": "orders",
        "timeWindow": [{"duration": "28d", "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [{"target": 0.99}],
    },
}
SLI: dict[str, Any] = {
    "apiVersion": "openslo/v1",
    "kind": "SLI",
    "metadata": {"name": "orders"},
    "spec": {
        "ratioMetric": {
            "counter": True,
            "good": {"metricSource": {"type": "Prometheus", "spec": {"query": 'orders_total{code="200"}'}}},
            "total": {"metricSource": {"type": "Prometheus", "spec": {"query": "orders_total"}}},
        }
    },
}


def as_yaml(*documents: Any) -> str:
    """Without anchors for what comes twice."""
    return str(yaml.safe_dump_all(json.loads(json.dumps(documents))))


def written(*, sli: dict[str, Any] | None = None, **spec: Any) -> str:
    slo = SLO | {"spec": SLO["spec"] | spec}
    return as_yaml(slo, SLI if sli is None else SLI | {"spec": sli})


def aligned(duration: str, start: str = "2022-01-01 00:00:00", zone: str = "Europe/Paris") -> list[dict[str, Any]]:
    return [{"duration": duration, "isRolling": False, "calendar": {"startTime": start, "timeZone": zone}}]


def only_objective(imported: BundleImport) -> MeasuredObjective:
    assert not imported.findings.errors
    (objective,) = imported.objectives
    assert isinstance(objective, MeasuredObjective)
    return objective


def warnings_of(imported: BundleImport) -> dict[str, str]:
    return dict(imported.findings.warnings)


def errors_of(imported: BundleImport) -> dict[str, str]:
    return dict(imported.findings.errors)


def threshold(query: str, source: str = "Prometheus") -> dict[str, Any]:
    return {"thresholdMetric": {"metricSource": {"type": source, "spec": {"query": query}}}}
