"""Importing: the project's own examples, what is taken over, and what a warning says is not."""

from decimal import Decimal
from pathlib import Path

from sla.agreements.objectives import BudgetingMethod, RollingWindow
from tests.sla.openslo.bundles import SLI, SLO, aligned, as_yaml, only_indicator, only_objective, warnings_of, written
from tests.sla.openslo.conftest import Read


def test_a_plain_slo_is_an_objective_and_an_indicator(read: Read) -> None:
    imported = read(written())

    objective = only_objective(imported)
    assert (objective.name, objective.kind, objective.target) == ("orders", "ratio", Decimal(99))
    assert (objective.method, objective.window) == (BudgetingMethod.OCCURRENCES, RollingWindow(rolling_days=28))
    assert [objective.indicator_id] == list(imported.indicators)
    assert [(rule.selector, rule.part) for rule in only_indicator(imported).series] == [
        ('orders_total{code="200"}', "good"),
        ("orders_total", "total"),
    ]


def test_the_example_of_a_threshold_metric(read: Read, shared: Path) -> None:
    imported = read((shared / "data" / "openslo" / "occurences-slo.yaml").read_text())

    objective, definition = only_objective(imported), only_indicator(imported)
    assert (objective.name, objective.kind) == ("Searching time: Good experience", "gauge")
    assert (objective.target, objective.window) == (Decimal(99), RollingWindow(rolling_days=14))
    assert (definition.name, definition.good_when, definition.threshold) == ("Latency of user searches", "below", 500)
    source = "documents.0.spec.indicator.spec.thresholdMetric.metricSource"
    assert warnings_of(imported)[source].startswith("has the type Any: bind the indicator to series, or push samples")


def test_the_example_of_ratio_timeslices(read: Read, shared: Path) -> None:
    imported = read((shared / "data" / "openslo" / "ratio-timeslices.yaml").read_text())

    objective, warnings = only_objective(imported), warnings_of(imported)
    assert (objective.method, objective.slice_minutes, objective.slice_target) == (
        BudgetingMethod.RATIO_TIMESLICES,
        1,
        None,
    )
    assert warnings["documents.0.spec.objectives.0.op"].startswith("is not read, because a ratio counts")
    assert warnings["documents.0.spec.indicator.spec.ratioMetric.good.metricSource"].startswith("has the type Any")


def test_the_example_of_timeslices_rolls_instead_of_beginning_weekly(read: Read, shared: Path) -> None:
    imported = read((shared / "data" / "openslo" / "timeslices-slo.yaml").read_text())

    objective, warnings = only_objective(imported), warnings_of(imported)
    assert objective.window == RollingWindow(rolling_days=7)
    assert (objective.method, objective.target, objective.slice_target) == (
        BudgetingMethod.TIMESLICES,
        Decimal("99.95"),
        Decimal(95),
    )
    assert imported.terms["service_hours"] == {"timezone": "America/New_York", "hours": "24x7"}
    assert warnings["documents.0.spec.timeWindow.0.duration"].startswith("1w is read as 7 rolling days")
    assert "midnight of its first day" in warnings["documents.0.spec.timeWindow.0.calendar.startTime"]


def test_the_weight_in_a_composite_is_the_weight_in_the_overall_performance(read: Read) -> None:
    spec = {key: value for key, value in SLO["spec"].items() if key != "indicatorRef"}
    objectives = [{"target": 0.9, "indicatorRef": "orders", "compositeWeight": 2.5}]

    imported = read(as_yaml(SLO | {"spec": spec | {"objectives": objectives}}, SLI))

    assert only_objective(imported).weight == Decimal("2.5")


def test_a_warning_names_everything_that_is_not_imported(read: Read) -> None:
    policy = {"apiVersion": "openslo/v1", "kind": "AlertPolicy", "metadata": {"name": "page"}, "spec": {}}
    metadata = {"name": "orders", "labels": {"team": "a"}, "annotations": {"example.com/owner": "b"}}
    slo = SLO | {"metadata": metadata, "status": "draft"}
    slo["spec"] = SLO["spec"] | {
        "alertPolicies": [{"alertPolicyRef": "page"}],
        "colour": "red",
        "description": "Orders work",
        "objectives": [{"target": 0.9, "timeSliceTarget": 0.5, "timeSliceWindow": "1m", "op": "lt"}],
    }

    imported = read(as_yaml(slo, SLI, policy))

    assert only_objective(imported)
    assert warnings_of(imported).keys() == {
        "documents.0.metadata.labels",
        "documents.0.metadata.annotations.example.com/owner",
        "documents.0.status",
        "documents.0.spec.alertPolicies",
        "documents.0.spec.colour",
        "documents.0.spec.description",
        "documents.0.spec.objectives.0",
        "documents.0.spec.objectives.0.op",
        "documents.0.spec.objectives.0.timeSliceTarget",
        "documents.0.spec.objectives.0.timeSliceWindow",
        "documents.2",
        "service_hours",
    }


def test_a_document_may_be_a_list_of_objects(read: Read) -> None:
    assert only_objective(read(as_yaml([SLO, SLI]))).name == "orders"


def test_a_warning_about_what_objectives_share_comes_once(read: Read) -> None:
    objectives = [{"displayName": "a", "target": 0.9}, {"displayName": "b", "target": 0.99}]
    ratio = {part: {"metricSource": {"type": "Any"}} for part in ("good", "total")}

    warnings = read(
        written(sli={"ratioMetric": ratio}, objectives=objectives, timeWindow=aligned("1w"))
    ).bundle.warnings

    assert "documents.1.spec.ratioMetric.good.metricSource" in {warning.path for warning in warnings}
    assert len(warnings) == len(set(warnings))


def test_objectives_of_one_name_get_numbers(read: Read) -> None:
    imported = read(written(objectives=[{"target": 0.9}, {"target": 0.99}, {"target": 0.95}]))

    assert [objective.name for objective in imported.objectives] == ["orders", "orders (2)", "orders (3)"]
