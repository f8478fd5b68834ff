"""Every way in which a bundle is wrong is refused by its path."""

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sla.agreements.objectives import IncidentObjective
from sla.openslo.errors import BundleNotOpenSlo
from tests.sla.openslo.bundles import SLI, SLO, aligned, as_yaml, errors_of, rolling, threshold, written
from tests.sla.openslo.conftest import read_bundle

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
        ({"budgetingMethod": "Timeslices"}, "objectives.0.timeSliceTarget"),
        ({"objectives": [{"target": 0.9, "compositeWeight": 0}]}, "objectives.0.compositeWeight"),
        ({"timeWindow": [{"duration": "1x", "isRolling": True}]}, "timeWindow.0.duration"),
        ({"timeWindow": [{"duration": "1M"}]}, "timeWindow.0.calendar"),
        ({"timeWindow": aligned("1M", zone="Mars/Olympus")}, "timeWindow.0.calendar.timeZone"),
        ({"timeWindow": [{"duration": "1d", "isRolling": True}] * 2}, "timeWindow"),
        ({"timeWindow": [{"duration": "1d", "isRolling": "yes"}]}, "timeWindow.0.isRolling"),
        ({"indicatorRef": None}, "indicator"),
        ({"indicator": {"metadata": {}, "spec": SLI["spec"]}, "indicatorRef": None}, "indicator.metadata.name"),
    ],
)
def test_what_is_wrong_is_refused_by_its_path(changes: dict[str, Any], path: str) -> None:
    assert f"documents.0.spec.{path}" in errors_of(written(**changes))


@pytest.mark.parametrize(
    ("sli", "objective", "path"),
    [
        ({}, {}, "documents.1.spec"),
        (threshold("a"), {}, "documents.0.spec.objectives.0.op"),
        (threshold("a"), {"op": "gt"}, "documents.0.spec.objectives.0.value"),
        (threshold("a"), {"op": "eq", "value": 1}, "documents.0.spec.objectives.0.op"),
        ({"ratioMetric": {"total": SLI["spec"]["ratioMetric"]["total"]}}, {}, "documents.1.spec.ratioMetric"),
        ({"ratioMetric": {"raw": {}, "rawType": "success"}}, {}, "documents.1.spec.ratioMetric"),
    ],
)
def test_indicators_that_measure_nothing_are_refused(sli: dict[str, Any], objective: dict[str, Any], path: str) -> None:
    assert path in errors_of(written(sli=sli, objectives=[{"target": 0.9} | objective]))


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ("just text", "documents.0"),
        ({"kind": "SLO"}, "documents.0.apiVersion"),
        ({"apiVersion": "openslo.com/v2alpha", "kind": "SLO"}, "documents.0.apiVersion"),
        ({"apiVersion": "openslo/v1", "kind": "Pod"}, "documents.0.kind"),
        ({"apiVersion": "openslo/v1", "kind": "SLO"}, "documents.0.metadata"),
        ({"apiVersion": "openslo/v1", "kind": "SLO", "metadata": {}}, "documents.0.metadata.name"),
        ({"apiVersion": "openslo/v1", "kind": "Service", "metadata": {"name": "a"}}, "documents"),
    ],
)
def test_documents_of_another_kind_are_refused(document: Any, path: str) -> None:
    assert path in errors_of(as_yaml(document))


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=20) | st.sampled_from(["1m", "1M"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(FIELDS)), inner, max_size=4),
    max_leaves=8,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the path of everything in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, item in inner for deeper in paths(item, (*path, key)))]


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_whatever_stands_in_a_document_is_read_or_refused(data: st.DataObject) -> None:
    """Anything at any place."""
    documents = json.loads(json.dumps([SLO, SLI]))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([path for path in paths(documents) if path]))
        holder = documents
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = data.draw(anything)
    assume(any(documents))

    try:
        imported = read_bundle(as_yaml(*documents))
    except BundleNotOpenSlo as refused:
        paths_at_fault = [finding.path for finding in refused.findings]
    else:
        paths_at_fault = ["none"]
        measured = [item for item in imported.objectives if not isinstance(item, IncidentObjective)]
        assert {objective.indicator_id for objective in measured} <= imported.indicators.keys()
    assert paths_at_fault
    assert all(paths_at_fault)


@pytest.mark.parametrize("share", [None, 0, 95, -0.5])
def test_timeslices_ask_for_the_share_of_a_slice(share: float | None) -> None:
    objective = {"target": 0.9, "timeSliceWindow": "5m", "timeSliceTarget": share}
    errors = errors_of(written(budgetingMethod="Timeslices", objectives=[objective]))
    (message,) = errors.values()
    assert "give the share of a slice that must be good, as 0.95" in message


def test_a_bundle_of_another_version_is_refused_once_with_what_to_do() -> None:
    old = {"apiVersion": "openslo/v1alpha", "kind": "SLO", "spec": {"indicator": {"thresholdMetric": {}}}}
    (message,) = errors_of(as_yaml(old, old, {"apiVersion": "openslo/v1alpha", "kind": "Service"})).values()
    assert message == "is openslo/v1alpha, and only openslo/v1 is read: convert the bundle to it first"


def test_what_refers_to_nothing_is_refused_once() -> None:
    assert errors_of(as_yaml(SLO | {"spec": SLO["spec"] | {"objectives": [{"target": 0.9, "op": "gt"}]}})) == {
        "documents.0.spec.indicatorRef": "names no SLI of this bundle and no indicator in use: add the SLI"
    }


def test_two_documents_of_one_name_are_refused() -> None:
    assert errors_of(as_yaml(SLO, SLO, SLI)) == {
        "documents.1.metadata.name": "is the name of two documents of the kind SLO: rename one"
    }


def test_a_bundle_of_too_many_objectives_is_refused() -> None:
    assert errors_of(written(objectives=[{"target": 0.9}] * 201)) == {"documents": "contain more than 200 objectives"}


def test_what_is_wrong_with_several_documents_is_refused_together() -> None:
    assert errors_of(written(service=None, sli={"description": 7})).keys() == {
        "documents.0.spec.service",
        "documents.1.spec.description",
    }
    errors = errors_of(
        written(timeWindow=rolling("90m"), objectives=[{"target": 99.5}], sli=SLI["spec"] | threshold("a"))
    )
    assert errors.keys() == {
        "documents.0.spec.timeWindow.0.duration",
        "documents.0.spec.objectives.0.target",
        "documents.1.spec",
    }
    assert errors["documents.0.spec.objectives.0.target"].endswith("; 99.5 % is 0.995")


def test_a_fault_of_an_objective_is_named_without_its_effects() -> None:
    paths = errors_of(written(objectives=[{"target": 0.99, "compositeWeight": 0}]))
    assert list(paths) == ["documents.0.spec.objectives.0.compositeWeight"]
