"""Importing indicators: by what they count, what is good, and what is known already."""

from decimal import Decimal
from uuid import UUID

import pytest

from sla.indicators.views import NewIndicator
from tests.sla.openslo.bundles import (
    SLI,
    SLO,
    as_yaml,
    errors_of,
    only_indicator,
    only_objective,
    threshold,
    warnings_of,
    written,
)
from tests.sla.openslo.conftest import Read

EXISTING = UUID(int=7)


@pytest.mark.parametrize(
    ("operator", "good_when"), [("lt", "below"), ("lte", "at_most"), ("gt", "above"), ("gte", "at_least")]
)
def test_the_operator_says_what_is_good(read: Read, operator: str, good_when: str) -> None:
    objectives = [{"op": operator, "value": 2.5, "target": 0.9}]
    imported = read(written(sli=threshold("queue{a='b'}"), objectives=objectives))
    definition = only_indicator(imported)
    assert (definition.good_when, definition.threshold, only_objective(imported).kind) == (good_when, 2.5, "gauge")
    assert definition.series[0].selector == "queue{a='b'}"


def test_several_thresholds_of_one_sli_are_several_indicators(read: Read) -> None:
    objectives = [
        {"displayName": "fast", "op": "lt", "value": 1, "targetPercent": 90},
        {"displayName": "bearable", "op": "lt", "value": 5, "targetPercent": 99.9},
        {"displayName": "bearable at night", "op": "lt", "value": 5, "targetPercent": 99},
    ]
    imported = read(written(sli=threshold("queue"), objectives=objectives))
    assert [objective.name for objective in imported.objectives] == [
        "orders: fast",
        "orders: bearable",
        "orders: bearable at night",
    ]
    assert [objective.target for objective in imported.objectives] == [Decimal(90), Decimal("99.9"), Decimal(99)]
    assert [definition.threshold for definition in imported.indicators.values()] == [1, 5]


@pytest.mark.parametrize(
    ("query", "selectors"),
    [
        ("sum(rate(orders_total[5m]))", ["orders_total"]),
        ('increase(orders_total{path=~"/a or /b"}[1h])', ['orders_total{path=~"/a or /b"}']),
        ("a_total or b_total", ["a_total", "b_total"]),
        ('sum(rate({"orders.placed or so", "my.label"="x"}[5m]))', ['{"orders.placed or so", "my.label"="x"}']),
        ("sum(increase(a_total[28d])) or vector(0)", ["a_total"]),
        ('sum(rate(a_total{b="c"}[{{.window}}]))', ['a_total{b="c"}']),
        ("sum(rate(a_total[{{ .Window }}])) or  vector( 0 )\n", ["a_total"]),
    ],
)
def test_what_counts_series_is_bound_to_them(read: Read, query: str, selectors: list[str]) -> None:
    ratio = SLI["spec"]["ratioMetric"] | {"good": {"metricSource": {"type": "prometheus", "spec": {"query": query}}}}
    imported = read(written(sli={"ratioMetric": ratio}))
    assert [rule.selector for rule in only_indicator(imported).series if rule.part == "good"] == selectors


@pytest.mark.parametrize(
    "query",
    [
        "a_total / b_total",
        "a_total - b_total",
        'a_total{b="c',
        "sum by (x) (a_total)",
        "sum(rate(a_total[5m])) by (job)",
        "sum(rate(a_total[5m] offset 1h))",
        "sum(rate(a_total[5m])) or sum(rate(b_total[5m]))",
        "sum(increase(a_total[28d])) or vector(1)",
        "sum(a_total) - sum(b_total)",
        "rate(a_total[5m]) * 60",
        "{{.Metric}}",
        "histogram_quantile(0.9, a_bucket)",
        "",
        "a_total offset 1h",
    ],
)
def test_a_query_that_is_no_selector_binds_nothing(read: Read, query: str) -> None:
    ratio = SLI["spec"]["ratioMetric"] | {"good": {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}}
    imported = read(written(sli={"ratioMetric": ratio}))
    assert only_indicator(imported).series == []
    path = "documents.1.spec.ratioMetric.good.metricSource.spec.query"
    (message,) = [warning.message for warning in imported.bundle.warnings if warning.path == path]
    assert "more than a selector" in message


def test_the_type_of_a_source_may_stand_in_its_data_source(read: Read) -> None:
    source = {"metricSource": {"metricSourceRef": "prom", "spec": {"query": "orders_total"}}}
    ratio = {"counter": False, "bad": source, "total": source}
    text = written(sli={"ratioMetric": ratio})
    data = {"apiVersion": "openslo/v1", "kind": "DataSource", "metadata": {"name": "prom"}}
    imported = read(text + "---\n" + as_yaml(data | {"spec": {"type": "Prometheus"}}))
    definition = only_indicator(imported)
    assert [rule.part for rule in definition.series] == ["bad", "total"]
    assert definition.counters == "delta"
    assert "has the type unknown" in warnings_of(read(text))["documents.1.spec.ratioMetric.bad.metricSource"]


def test_an_indicator_in_use_is_referred_to_by_its_name(read: Read) -> None:
    definition = NewIndicator.model_validate({"name": "orders", "kind": "latency", "threshold": 0.5})

    objective = only_objective(read(as_yaml(SLO), {EXISTING: definition}))

    assert (objective.indicator_id, objective.kind) == (EXISTING, "latency")
    twice = errors_of(as_yaml(SLO), {EXISTING: definition, UUID(int=8): definition})
    assert "2 indicators in use" in twice["documents.0.spec.indicatorRef"]
    assert "no indicator in use" in errors_of(as_yaml(SLO))["documents.0.spec.indicatorRef"]


def test_the_same_definition_is_not_made_twice(read: Read) -> None:
    definition = only_indicator(read(written()))

    assert read(written(), {EXISTING: definition}).indicators == {EXISTING: definition}


def test_another_indicator_of_the_same_name_is_warned_of(read: Read) -> None:
    existing = {EXISTING: NewIndicator.model_validate({"name": "orders", "kind": "availability"})}

    imported = read(written(), existing)

    assert not existing.keys() & imported.indicators.keys()
    assert "a second one is defined" in warnings_of(imported)["documents.1.spec"]


def test_slis_alone_are_indicators_if_they_say_what_is_good(read: Read) -> None:
    gauge = SLI | {"metadata": {"name": "queue"}, "spec": threshold("queue_length")}

    imported = read(as_yaml(SLI, gauge))

    assert only_indicator(imported).name == "orders"
    assert "which of its values are good" in warnings_of(imported)["documents.1.spec"]
