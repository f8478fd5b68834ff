"""Every way in which a bundle is wrong is refused by its path."""

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sla.agreements.objectives import IncidentObjective
from sla.openslo.bundle import parse_bundle
from sla.openslo.importer import build_import
from sla.openslo.yaml_loader import load_documents
from sla.openslo.yaml_nodes import BundleFindings
from tests.sla.openslo.bundles import SLI, SLO, aligned, as_yaml, errors_of, threshold, written
from tests.sla.openslo.conftest import Read

FIELDS = {key for document in (SLO, SLI) for part in (document, document["spec"]) for key in part} | {
    "metricSource",
    "thresholdMetric",
    "good",
    "bad",
    "total",
    "raw",
    "op",
    "value",
    "targetPercent",
    "timeSliceWindow",
    "calendar",
    "annotations",
    "rapport/objective",
}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"objectives": []}, "objectives"),
        ({"objectives": [{}]}, "objectives.0.target"),
        ({"objectives": [{"target": 0.9, "targetPercent": 90}]}, "objectives.0.target"),
        ({"objectives": [{"target": 99}]}, "objectives.0.target"),
        ({"objectives": [{"target": 0}]}, "objectives.0.target"),
        ({"objectives": [{"target": "0.9"}]}, "objectives.0.target"),
        ({"objectives": [{"targetPercent": 100}]}, "objectives.0.targetPercent"),
        ({"objectives": "all"}, "objectives"),
        ({"objectives": [7]}, "objectives.0"),
        ({"service": None}, "service"),
        ({"budgetingMethod": "Guessing"}, "budgetingMethod"),
        ({"budgetingMethod": "Timeslices"}, "objectives.0.timeSliceWindow"),
        ({"timeWindow": [{"duration": "1x", "isRolling": True}]}, "timeWindow.0.duration"),
        ({"timeWindow": [{"duration": "1M"}]}, "timeWindow.0.calendar"),
        ({"timeWindow": aligned("1M", zone="Mars/Olympus")}, "timeWindow.0.calendar.timeZone"),
        ({"timeWindow": aligned("1M", start="some day")}, "timeWindow.0.calendar.startTime"),
        ({"timeWindow": [{"duration": "1d", "isRolling": True}] * 2}, "timeWindow"),
        ({"timeWindow": [{"duration": "1d", "isRolling": "yes"}]}, "timeWindow.0.isRolling"),
        ({"indicatorRef": None}, "indicator"),
        ({"indicator": {"metadata": {}, "spec": SLI["spec"]}, "indicatorRef": None}, "indicator.metadata.name"),
    ],
)
def test_what_is_wrong_is_refused_by_its_path(read: Read, changes: dict[str, Any], path: str) -> None:
    assert f"documents.0.spec.{path}" in errors_of(read(written(**changes)))


@pytest.mark.parametrize(
    ("sli", "objective", "path"),
    [
        ({}, {}, "documents.1.spec"),
        (threshold("a"), {}, "documents.0.spec.objectives.0.op"),
        (threshold("a"), {"op": "gt"}, "documents.0.spec.objectives.0.value"),
        (threshold("a"), {"op": "eq", "value": 1}, "documents.0.spec.objectives.0.op"),
        ({"ratioMetric": {"total": SLI["spec"]["ratioMetric"]["total"]}}, {}, "documents.1.spec.ratioMetric"),
        ({"ratioMetric": {"raw": {}, "rawType": "success"}}, {}, "documents.1.spec.ratioMetric.raw"),
    ],
)
def test_indicators_that_measure_nothing_are_refused(
    read: Read, sli: dict[str, Any], objective: dict[str, Any], path: str
) -> None:
    assert path in errors_of(read(written(sli=sli, objectives=[{"target": 0.9} | objective])))


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ("just text", "documents.0"),
        ({"kind": "SLO"}, "documents.0.apiVersion"),
        ({"apiVersion": "openslo.com/v2alpha", "kind": "SLO"}, "documents.0.apiVersion"),
        ({"apiVersion": "openslo/v1", "kind": "Pod"}, "documents.0.kind"),
        ({"apiVersion": "openslo/v1", "kind": "SLO"}, "documents.0.metadata.name"),
        ({"apiVersion": "openslo/v1", "kind": "Service", "metadata": {"name": "a"}}, "documents"),
    ],
)
def test_documents_of_another_kind_are_refused(read: Read, document: Any, path: str) -> None:
    assert path in errors_of(read(as_yaml(document)))


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=20) | st.sampled_from(["1m", "1M"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(FIELDS)), inner, max_size=4),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, one in inner for found in places(one, (*path, key)))]


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_whatever_stands_in_a_document_is_read_or_refused(data: st.DataObject) -> None:
    """Anything at any place."""
    found = json.loads(json.dumps([SLO, SLI]))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from([one for one in places(found) if one]))
        holder = found
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] = data.draw(anything)
    assume(any(found))
    result = build_import(parse_bundle(load_documents(as_yaml(*found)), BundleFindings()), [])
    assert all(one.path for one in result.findings.errors)
    if result.is_ready:
        named = {one.indicator_id for one in result.objectives if not isinstance(one, IncidentObjective)}
        assert named <= {one.id for one in result.indicators}


def test_two_documents_of_one_name_are_refused(read: Read) -> None:
    found = read(as_yaml(SLO, SLO, SLI))
    assert errors_of(found) == {"documents.1.metadata.name": "is the name of two SLOs"}
