"""Bundles of OpenSLO as people write them, and what importing finds in them."""

import json
from typing import Any

import pytest
import yaml

from sla.agreements.objectives import MeasuredObjective
from sla.indicators.views import NewIndicator
from sla.openslo.errors import BundleNotOpenSlo
from sla.openslo.importer import BundleImport
from tests.sla.openslo.conftest import read_bundle

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
    """Write documents without anchors for what comes twice."""
    return str(yaml.safe_dump_all(json.loads(json.dumps(documents))))


def written(*, sli: dict[str, Any] | None = None, **spec: Any) -> str:
    slo = SLO | {"spec": SLO["spec"] | spec}
    return as_yaml(slo, SLI if sli is None else SLI | {"spec": sli})


def aligned(duration: str, start: str = "2022-01-01 00:00:00", zone: str = "Europe/Paris") -> list[dict[str, Any]]:
    return [{"duration": duration, "isRolling": False, "calendar": {"startTime": start, "timeZone": zone}}]


def rolling(duration: str) -> list[dict[str, Any]]:
    return [{"duration": duration, "isRolling": True}]


def only_objective(imported: BundleImport) -> MeasuredObjective:
    (objective,) = imported.objectives
    assert isinstance(objective, MeasuredObjective)
    return objective


def only_indicator(imported: BundleImport) -> NewIndicator:
    (definition,) = imported.indicators.values()
    return definition


def warnings_of(imported: BundleImport) -> dict[str, str]:
    return {warning.path: warning.message for warning in imported.bundle.warnings}


def errors_of(text: str, existing: Any = None) -> dict[str, str]:
    with pytest.raises(BundleNotOpenSlo) as refused:
        read_bundle(text, existing)
    return {finding.path: finding.message for finding in refused.value.findings}


def threshold(query: str, source: str = "Prometheus") -> dict[str, Any]:
    return {"thresholdMetric": {"metricSource": {"type": source, "spec": {"query": query}}}}
