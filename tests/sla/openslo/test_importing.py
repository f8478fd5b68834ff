"""Importing: the project's own examples, and every way in which a bundle is ambiguous or wrong."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sla.agreements.objectives import (
    CalendarUnit,
    CalendarWindow,
    IncidentObjective,
    MeasuredObjective,
    Method,
    RollingWindow,
)
from sla.indicators.views import NewIndicator
from sla.openslo.bundle import bundle
from sla.openslo.importing import Imported, Known, imported
from sla.openslo.nodes import Findings
from sla.openslo.reader import documents

Read = Callable[..., Imported]

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


def as_yaml(*documents: Any) -> str:
    """Without anchors for what comes twice."""
    return str(yaml.safe_dump_all(json.loads(json.dumps(documents))))


def written(*, sli: dict[str, Any] | None = None, **spec: Any) -> str:
    slo = SLO | {"spec": SLO["spec"] | spec}
    return as_yaml(slo, SLI if sli is None else SLI | {"spec": sli})


def aligned(duration: str, start: str = "2022-01-01 00:00:00", zone: str = "Europe/Paris") -> list[dict[str, Any]]:
    return [{"duration": duration, "isRolling": False, "calendar": {"startTime": start, "timeZone": zone}}]


def one_of(found: Imported) -> MeasuredObjective:
    assert not found.findings.errors
    (objective,) = found.objectives
    assert isinstance(objective, MeasuredObjective)
    return objective


def warned(found: Imported) -> dict[str, str]:
    return dict(found.findings.warnings)


def refused(found: Imported) -> dict[str, str]:
    return dict(found.findings.errors)


def test_a_plain_slo_is_an_objective_and_an_indicator(read: Read) -> None:
    found = read(written())
    objective = one_of(found)
    assert (objective.name, objective.kind, objective.target) == ("orders", "ratio", Decimal(99))
    assert (objective.method, objective.window) == (Method.OCCURRENCES, RollingWindow(rolling_days=28))
    (wanted,) = found.indicators
    assert (wanted.exists, wanted.id) == (False, objective.indicator_id)
    assert [(rule.selector, rule.part) for rule in wanted.definition.series] == [
        ('orders_total{code="200"}', "good"),
        ("orders_total", "total"),
    ]
    assert found.ready


def test_the_example_of_a_threshold_metric(read: Read, shared: Path) -> None:
    found = read((shared / "data" / "openslo" / "occurences-slo.yaml").read_text())
    objective = one_of(found)
    assert (objective.name, objective.kind) == ("Searching time: Good experience", "gauge")
    assert (objective.target, objective.window) == (Decimal(99), RollingWindow(rolling_days=14))
    definition = found.indicators[0].definition
    assert (definition.name, definition.good_when, definition.threshold) == ("Latency of user searches", "below", 500)
    source = "documents.0.spec.indicator.spec.thresholdMetric.metricSource"
    assert warned(found)[source].startswith("is of type Any: bind the indicator to series, or push samples")
    assert found.ready


def test_the_example_of_ratio_timeslices(read: Read, shared: Path) -> None:
    found = read((shared / "data" / "openslo" / "ratio-timeslices.yaml").read_text())
    objective = one_of(found)
    assert (objective.method, objective.slice_minutes, objective.slice_target) == (Method.RATIO_TIMESLICES, 1, None)
    place = "documents.0.spec.objectives.0"
    assert "months would be M" in warned(found)[f"{place}.timeSliceWindow"]
    assert warned(found)[f"{place}.op"].startswith("is not read: a ratio has no value")
    assert warned(found)["documents.0.spec.indicator.spec.ratioMetric.good.metricSource"].startswith("is of type Any")


def test_the_example_of_timeslices_leaves_its_weekly_window_open(read: Read, shared: Path) -> None:
    text = (shared / "data" / "openslo" / "timeslices-slo.yaml").read_text()
    found = read(text)
    (question,) = found.findings.questions
    assert question.path == "documents.0.spec.timeWindow.0.duration"
    assert question.options == ("rolling_7_days", "calendar_month", "review_period")
    assert not found.ready
    assert "midnight of the first day" in warned(found)["documents.0.spec.timeWindow.0.calendar.startTime"]
    found = read(text, {question.path: "rolling_7_days"})
    objective = one_of(found)
    assert found.ready
    assert objective.window == RollingWindow(rolling_days=7)
    assert (objective.method, objective.target, objective.slice_target) == (
        Method.TIMESLICES,
        Decimal("99.95"),
        Decimal(95),
    )
    assert found.terms["service_hours"] == {"timezone": "America/New_York", "hours": "24x7"}


@pytest.mark.parametrize(
    ("duration", "window"),
    [
        ("1M", CalendarWindow(calendar=CalendarUnit.CALENDAR_MONTH)),
        ("1Q", CalendarWindow(calendar=CalendarUnit.CALENDAR_QUARTER)),
        ("1Y", CalendarWindow(calendar=CalendarUnit.CALENDAR_YEAR)),
    ],
)
def test_windows_aligned_with_the_calendar(read: Read, duration: str, window: CalendarWindow) -> None:
    found = read(written(timeWindow=aligned(duration)))
    assert one_of(found).window == window
    assert found.terms["service_hours"]["timezone"] == "Europe/Paris"


@pytest.mark.parametrize(("duration", "days"), [("2w", 14), ("48h", 2), ("1440m", 1), ("366d", 366)])
def test_rolling_windows_of_whole_days(read: Read, duration: str, days: int) -> None:
    found = read(written(timeWindow=[{"duration": duration, "isRolling": True}]))
    assert one_of(found).window == RollingWindow(rolling_days=days)


DURATION = "documents.0.spec.timeWindow.0.duration"


def test_a_month_written_as_one_minute_is_asked_about(read: Read) -> None:
    """As an example of the specification once had it."""
    text = written(timeWindow=aligned("1m"))
    (question,) = read(text).findings.questions
    assert question.asks.startswith("1m are minutes, months would be 1M")
    assert one_of(read(text, {DURATION: "calendar_month"})).window == CalendarWindow(
        calendar=CalendarUnit.CALENDAR_MONTH
    )
    assert one_of(read(text, {DURATION: "review_period"})).window is None


@pytest.mark.parametrize("duration", ["1m", "90m", "1M", "1Q", "2Y", "60w", "367d"])
def test_rolling_windows_of_no_fixed_or_of_odd_length_are_asked_about(read: Read, duration: str) -> None:
    text = written(timeWindow=[{"duration": duration, "isRolling": True}])
    found = read(text)
    assert [question.path for question in found.findings.questions] == [DURATION]
    assert one_of(read(text, {DURATION: "rolling_30_days"})).window == RollingWindow(rolling_days=30)


def test_an_answer_has_to_be_one(read: Read) -> None:
    found = read(written(timeWindow=aligned("1w")), {DURATION: "next_tuesday"})
    assert "is no answer" in refused(found)[DURATION]


def test_calendars_that_differ_in_their_zone_are_asked_about(read: Read) -> None:
    other = SLO | {
        "metadata": {"name": "other"},
        "spec": SLO["spec"] | {"timeWindow": aligned("1M", zone="Asia/Tokyo")},
    }
    text = written(timeWindow=aligned("1M")) + "---\n" + as_yaml(other)
    found = read(text)
    assert [(one.path, one.options) for one in found.findings.questions] == [
        ("timezone", ("Asia/Tokyo", "Europe/Paris"))
    ]
    assert read(text, {"timezone": "Asia/Tokyo"}).terms["service_hours"]["timezone"] == "Asia/Tokyo"
    assert "timezone" in refused(read(text, {"timezone": "Mars/Olympus"}))


def threshold(query: str, source: str = "Prometheus") -> dict[str, Any]:
    return {"thresholdMetric": {"metricSource": {"type": source, "spec": {"query": query}}}}


@pytest.mark.parametrize(
    ("operator", "good_when"), [("lt", "below"), ("lte", "at_most"), ("gt", "above"), ("gte", "at_least")]
)
def test_the_operator_says_what_is_good(read: Read, operator: str, good_when: str) -> None:
    objectives = [{"op": operator, "value": 2.5, "target": 0.9}]
    found = read(written(sli=threshold("queue{a='b'}"), objectives=objectives))
    definition = found.indicators[0].definition
    assert (definition.good_when, definition.threshold, one_of(found).kind) == (good_when, 2.5, "gauge")
    assert definition.series[0].selector == "queue{a='b'}"


def test_several_thresholds_of_one_sli_are_several_indicators(read: Read) -> None:
    objectives = [
        {"displayName": "fast", "op": "lt", "value": 1, "targetPercent": 90},
        {"displayName": "bearable", "op": "lt", "value": 5, "targetPercent": 99.9},
        {"displayName": "bearable at night", "op": "lt", "value": 5, "targetPercent": 99},
    ]
    found = read(written(sli=threshold("queue"), objectives=objectives))
    assert [one.name for one in found.objectives] == ["orders: fast", "orders: bearable", "orders: bearable at night"]
    assert [one.target for one in found.objectives] == [Decimal(90), Decimal("99.9"), Decimal(99)]
    assert [one.definition.threshold for one in found.indicators] == [1, 5]


@pytest.mark.parametrize(
    ("query", "selectors"),
    [
        ("sum(rate(orders_total[5m]))", ["orders_total"]),
        ('increase(orders_total{path=~"/a or /b"}[1h])', ['orders_total{path=~"/a or /b"}']),
        ("a_total or b_total", ["a_total", "b_total"]),
    ],
)
def test_what_counts_series_is_bound_to_them(read: Read, query: str, selectors: list[str]) -> None:
    ratio = SLI["spec"]["ratioMetric"] | {"good": {"metricSource": {"type": "prometheus", "spec": {"query": query}}}}
    found = read(written(sli={"ratioMetric": ratio}))
    assert [rule.selector for rule in found.indicators[0].definition.series if rule.part == "good"] == selectors


@pytest.mark.parametrize(
    "query", ["a_total / b_total", 'a_total{b="c', "sum by (x) (a_total)", "", "a_total offset 1h"]
)
def test_a_query_that_is_no_selector_binds_nothing(read: Read, query: str) -> None:
    ratio = SLI["spec"]["ratioMetric"] | {"good": {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}}
    found = read(written(sli={"ratioMetric": ratio}))
    assert found.indicators[0].definition.series == []
    assert "more than a selector" in warned(found)["documents.1.spec.ratioMetric.good.metricSource.spec.query"]


def test_the_type_of_a_source_may_stand_in_its_data_source(read: Read) -> None:
    source = {"metricSource": {"metricSourceRef": "prom", "spec": {"query": "orders_total"}}}
    ratio = {"counter": False, "bad": source, "total": source}
    text = written(sli={"ratioMetric": ratio})
    data = {"apiVersion": "openslo/v1", "kind": "DataSource", "metadata": {"name": "prom"}}
    found = read(text + "---\n" + as_yaml(data | {"spec": {"type": "Prometheus"}}))
    definition = found.indicators[0].definition
    assert [rule.part for rule in definition.series] == ["bad", "total"]
    assert definition.counters == "delta"
    found = read(text)
    assert "is no DataSource" in warned(found)["documents.1.spec.ratioMetric.bad.metricSource.metricSourceRef"]


def test_an_indicator_in_use_is_referred_to_by_its_name(read: Read) -> None:
    definition = NewIndicator.model_validate({"name": "orders", "kind": "latency", "threshold": 0.5})
    known = Known(UUID(int=7), definition)
    found = read(as_yaml(SLO), known=[known])
    assert one_of(found).indicator_id == known.id
    assert one_of(found).kind == "latency"
    twice = read(as_yaml(SLO), known=[known, Known(UUID(int=8), definition)])
    assert "the name of 2 indicators" in refused(twice)["documents.0.spec.indicatorRef"]
    assert "of no indicators" in refused(read(as_yaml(SLO)))["documents.0.spec.indicatorRef"]


def test_the_same_definition_is_not_made_twice(read: Read) -> None:
    definition = read(written()).indicators[0].definition
    found = read(written(), known=[Known(UUID(int=7), definition)])
    assert (found.indicators[0].exists, found.indicators[0].id) == (True, UUID(int=7))


def test_another_indicator_of_the_same_name_is_warned_of(read: Read) -> None:
    known = Known(UUID(int=7), NewIndicator.model_validate({"name": "orders", "kind": "availability"}))
    found = read(written(), known=[known])
    assert not found.indicators[0].exists
    assert "a second one is made" in warned(found)["documents.1.spec"]


def test_weights_of_a_composite_are_taken_and_warned_of(read: Read) -> None:
    spec = {key: value for key, value in SLO["spec"].items() if key != "indicatorRef"}
    objectives = [{"target": 0.9, "indicatorRef": "orders", "compositeWeight": 2.5}]
    text = as_yaml(SLO | {"spec": spec | {"objectives": objectives}}, SLI)
    found = read(text)
    assert one_of(found).weight == Decimal("2.5")
    assert "documents.0.spec.objectives.0.compositeWeight" in warned(found)


def test_what_is_not_taken_over_is_warned_of(read: Read) -> None:
    policy = {"apiVersion": "openslo/v1", "kind": "AlertPolicy", "metadata": {"name": "page"}, "spec": {}}
    slo = SLO | {"metadata": {"name": "orders", "labels": {"team": "a"}}, "status": "draft"}
    slo["spec"] = SLO["spec"] | {"alertPolicies": [{"alertPolicyRef": "page"}], "colour": "red"}
    service = {"apiVersion": "openslo/v1", "kind": "Service", "metadata": {"name": "other"}, "spec": {}}
    found = read(as_yaml(slo, SLI, policy, service))
    assert one_of(found)
    assert warned(found).keys() >= {
        "documents.0.metadata.labels",
        "documents.0.status",
        "documents.0.spec.alertPolicies",
        "documents.0.spec.colour",
        "documents.0.spec.service",
        "documents.0.spec.objectives.0",
        "documents.2",
        "service_hours",
        "timezone",
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
    assert f"documents.0.spec.{path}" in refused(read(written(**changes)))


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
    assert path in refused(read(written(sli=sli, objectives=[{"target": 0.9} | objective])))


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
    assert path in refused(read(as_yaml(document)))


def test_slis_alone_are_indicators_if_they_say_what_is_good(read: Read) -> None:
    gauge = SLI | {"metadata": {"name": "queue"}, "spec": threshold("queue_length")}
    found = read(as_yaml(SLI, gauge))
    assert found.ready
    assert [one.definition.name for one in found.indicators] == ["orders"]
    assert "which of its values are good" in warned(found)["documents.1.spec"]


def test_a_document_may_be_a_list_of_objects(read: Read) -> None:
    assert one_of(read(as_yaml([SLO, SLI]))).name == "orders"


def test_what_objectives_share_is_told_once(read: Read) -> None:
    objectives = [{"displayName": "a", "target": 0.9}, {"displayName": "b", "target": 0.99}]
    findings = read(written(objectives=objectives, timeWindow=aligned("1w"))).findings
    assert len(findings.questions) == 1
    assert len(findings.warnings) == len(set(findings.warnings))


def test_objectives_of_one_name_are_told_apart(read: Read) -> None:
    found = read(written(objectives=[{"target": 0.9}, {"target": 0.99}, {"target": 0.95}]))
    assert [one.name for one in found.objectives] == ["orders", "orders (2)", "orders (3)"]


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
    result = imported(bundle(documents(as_yaml(*found)), Findings()), [])
    assert all(one.path for one in result.findings.errors)
    if result.ready:
        named = {one.indicator_id for one in result.objectives if not isinstance(one, IncidentObjective)}
        assert named <= {one.id for one in result.indicators}


def test_two_documents_of_one_name_are_refused(read: Read) -> None:
    found = read(as_yaml(SLO, SLO, SLI))
    assert refused(found) == {"documents.1.metadata.name": "is the name of two SLOs"}
