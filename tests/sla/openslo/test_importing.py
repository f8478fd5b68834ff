"""Importing: the project's own examples, what is taken over, and what is warned of."""

from decimal import Decimal
from pathlib import Path

from sla.agreements.objectives import BudgetingMethod, RollingWindow
from tests.sla.openslo.bundles import SLI, SLO, aligned, as_yaml, only_objective, warnings_of, written
from tests.sla.openslo.conftest import Read


def test_a_plain_slo_is_an_objective_and_an_indicator(read: Read) -> None:
    imported = read(written())
    objective = only_objective(imported)
    assert (objective.name, objective.kind, objective.target) == ("orders", "ratio", Decimal(99))
    assert (objective.method, objective.window) == (BudgetingMethod.OCCURRENCES, RollingWindow(rolling_days=28))
    (wanted,) = imported.indicators
    assert (wanted.exists, wanted.id) == (False, objective.indicator_id)
    assert [(rule.selector, rule.part) for rule in wanted.definition.series] == [
        ('orders_total{code="200"}', "good"),
        ("orders_total", "total"),
    ]
    assert imported.is_ready


def test_the_example_of_a_threshold_metric(read: Read, shared: Path) -> None:
    imported = read((shared / "data" / "openslo" / "occurences-slo.yaml").read_text())
    objective = only_objective(imported)
    assert (objective.name, objective.kind) == ("Searching time: Good experience", "gauge")
    assert (objective.target, objective.window) == (Decimal(99), RollingWindow(rolling_days=14))
    definition = imported.indicators[0].definition
    assert (definition.name, definition.good_when, definition.threshold) == ("Latency of user searches", "below", 500)
    source = "documents.0.spec.indicator.spec.thresholdMetric.metricSource"
    assert warnings_of(imported)[source].startswith("has the type Any: bind the indicator to series, or push samples")
    assert imported.is_ready


def test_the_example_of_ratio_timeslices(read: Read, shared: Path) -> None:
    imported = read((shared / "data" / "openslo" / "ratio-timeslices.yaml").read_text())
    objective = only_objective(imported)
    assert (objective.method, objective.slice_minutes, objective.slice_target) == (
        BudgetingMethod.RATIO_TIMESLICES,
        1,
        None,
    )
    place = "documents.0.spec.objectives.0"
    assert "months are M" in warnings_of(imported)[f"{place}.timeSliceWindow"]
    assert warnings_of(imported)[f"{place}.op"].startswith("is not read, because a ratio counts")
    assert warnings_of(imported)["documents.0.spec.indicator.spec.ratioMetric.good.metricSource"].startswith(
        "has the type Any"
    )


def test_the_example_of_timeslices_leaves_its_weekly_window_open(read: Read, shared: Path) -> None:
    text = (shared / "data" / "openslo" / "timeslices-slo.yaml").read_text()
    imported = read(text)
    (question,) = imported.findings.questions
    assert question.path == "documents.0.spec.timeWindow.0.duration"
    assert question.options == ("rolling_7_days", "calendar_month", "review_period")
    assert not imported.is_ready
    assert "midnight of the first day" in warnings_of(imported)["documents.0.spec.timeWindow.0.calendar.startTime"]
    imported = read(text, {question.path: "rolling_7_days"})
    objective = only_objective(imported)
    assert imported.is_ready
    assert objective.window == RollingWindow(rolling_days=7)
    assert (objective.method, objective.target, objective.slice_target) == (
        BudgetingMethod.TIMESLICES,
        Decimal("99.95"),
        Decimal(95),
    )
    assert imported.terms["service_hours"] == {"timezone": "America/New_York", "hours": "24x7"}


def test_weights_of_a_composite_are_taken_and_warned_of(read: Read) -> None:
    spec = {key: value for key, value in SLO["spec"].items() if key != "indicatorRef"}
    objectives = [{"target": 0.9, "indicatorRef": "orders", "compositeWeight": 2.5}]
    text = as_yaml(SLO | {"spec": spec | {"objectives": objectives}}, SLI)
    imported = read(text)
    assert only_objective(imported).weight == Decimal("2.5")
    assert "documents.0.spec.objectives.0.compositeWeight" in warnings_of(imported)


def test_what_is_not_taken_over_is_warned_of(read: Read) -> None:
    policy = {"apiVersion": "openslo/v1", "kind": "AlertPolicy", "metadata": {"name": "page"}, "spec": {}}
    slo = SLO | {"metadata": {"name": "orders", "labels": {"team": "a"}}, "status": "draft"}
    slo["spec"] = SLO["spec"] | {"alertPolicies": [{"alertPolicyRef": "page"}], "colour": "red"}
    service = {"apiVersion": "openslo/v1", "kind": "Service", "metadata": {"name": "other"}, "spec": {}}
    imported = read(as_yaml(slo, SLI, policy, service))
    assert only_objective(imported)
    assert warnings_of(imported).keys() >= {
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


def test_a_document_may_be_a_list_of_objects(read: Read) -> None:
    assert only_objective(read(as_yaml([SLO, SLI]))).name == "orders"


def test_what_objectives_share_is_told_once(read: Read) -> None:
    objectives = [{"displayName": "a", "target": 0.9}, {"displayName": "b", "target": 0.99}]
    findings = read(written(objectives=objectives, timeWindow=aligned("1w"))).findings
    assert len(findings.questions) == 1
    assert len(findings.warnings) == len(set(findings.warnings))


def test_objectives_of_one_name_are_told_apart(read: Read) -> None:
    imported = read(written(objectives=[{"target": 0.9}, {"target": 0.99}, {"target": 0.95}]))
    assert [objective.name for objective in imported.objectives] == ["orders", "orders (2)", "orders (3)"]
