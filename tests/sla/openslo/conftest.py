"""What the tests of OpenSLO share: reading a bundle as an import does, and the rules of the specification."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest

from sla.indicators.views import NewIndicator
from sla.openslo.bundle import Bundle
from sla.openslo.importer import BundleImport
from sla.openslo.yaml_loader import load_documents

Read = Callable[..., BundleImport]


def read_bundle(text: str, existing: Mapping[UUID, NewIndicator] | None = None) -> BundleImport:
    return BundleImport(Bundle(load_documents(text)), existing or {})


@pytest.fixture
def read() -> Read:
    return read_bundle


def check_specification(document: dict[str, Any]) -> None:
    """What the specification of OpenSLO v1 wants of a document of these kinds, and its SDK checks."""
    assert document["apiVersion"] == "openslo/v1"
    assert document["kind"] in {"SLO", "SLI", "Service"}
    metadata, spec = document["metadata"], document["spec"]
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", metadata["name"])
    for key, value in metadata.get("annotations", {}).items():
        assert re.fullmatch(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", key)
        assert isinstance(value, str)
    assert len(spec.get("description", "")) <= 1050
    if document["kind"] == "SLI":
        _check_sli(spec)
    if document["kind"] == "SLO":
        _check_slo(spec)


def _check_sli(spec: dict[str, Any]) -> None:
    (metric,) = (spec[key] for key in ("thresholdMetric", "ratioMetric") if key in spec)
    if "ratioMetric" in spec:
        assert isinstance(metric["counter"], bool)
        assert "total" in metric
        assert ("good" in metric) != ("bad" in metric)
    parts = [metric] if "thresholdMetric" in spec else [part for key, part in metric.items() if key != "counter"]
    assert all(part["metricSource"]["type"] and part["metricSource"]["spec"] for part in parts)


def _check_slo(spec: dict[str, Any]) -> None:
    assert spec["service"]
    assert ("indicator" in spec) != ("indicatorRef" in spec)
    (window,) = spec["timeWindow"]
    assert re.fullmatch(r"[1-9][0-9]*[mhdwMQY]", window["duration"])
    assert window["isRolling"] == ("calendar" not in window)
    if not window["isRolling"]:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", window["calendar"]["startTime"])
    assert spec["budgetingMethod"] in {"Occurrences", "Timeslices", "RatioTimeslices"}
    for objective in spec["objectives"]:
        assert 0 <= float(objective["target"]) < 1
        if spec["budgetingMethod"] == "Timeslices":
            assert 0 < float(objective["timeSliceTarget"]) <= 1
        if spec["budgetingMethod"] != "Occurrences":
            assert re.fullmatch(r"[1-9][0-9]*[mhd]", objective["timeSliceWindow"])
        assert ("op" in objective) == ("value" in objective)
