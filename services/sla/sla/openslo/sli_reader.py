"""Reading SLIs as definitions of indicators: the bound series, and how their samples count."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sla.indicators.definition import IndicatorKind, SeriesPart, Temporality
from sla.indicators.errors import InvalidSelector
from sla.indicators.rollup_rules import GoodWhen
from sla.indicators.selectors import parse_selector
from sla.openslo.annotations import EDITED
from sla.openslo.bundle import Bundle
from sla.openslo.kinds import DataSource, NamedSli, SliMetric, SliMetricSource, SliRatioMetric

OPERATORS = {"lt": GoodWhen.BELOW, "lte": GoodWhen.AT_MOST, "gt": GoodWhen.ABOVE, "gte": GoodWhen.AT_LEAST}
COUNTING_KINDS = (IndicatorKind.RATIO, IndicatorKind.QUALITY, IndicatorKind.VOLUME)
RAPPORT_SOURCE = "Rapport"
"""The type of a metric source whose samples are pushed by the id of the indicator."""

_NOT_IN_OPENSLO = {"unit", "holds_for", "silent_after"}
_MAX_QUERY_LENGTH = 5000
_COUNT = re.compile(r"(?:sum|rate|irate|increase)\s*\((.*)\)", re.DOTALL)
_RANGE = re.compile(r"\[(?:[0-9a-z]{1,12}|\{\{[^{}]{1,40}\}\})\]$")
"""A range such as `[5m]`, or a template's place for one, such as `[{{.window}}]`."""
_OR_ZERO = re.compile(r"\sor\s+vector\s*\(\s*0(?:\.0)?\s*\)$")
"""What makes a query 0 where there are no series; nothing is counted there anyway."""
_NOT_A_SELECTOR = "is more than a selector: record it by a rule, and bind the indicator to the recorded series"
_QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)""")


def read_sli(sli: NamedSli, bundle: Bundle) -> dict[str, Any]:
    """Return the fields of NewIndicator, without those that the objectives of a threshold metric give."""
    exported = {name: value for name, value in sli.metadata.annotations.indicator.items() if name != "id"}
    if sli.is_as_exported:
        return exported
    if exported:
        bundle.warn(sli.at("spec"), EDITED)
    fields = {name: value for name, value in exported.items() if name in _NOT_IN_OPENSLO}
    fields |= {"name": sli.metadata.title, "description": sli.spec.description}
    if bool(sli.spec.ratio_metric) == bool(sli.spec.threshold_metric):
        bundle.refuse(sli.at("spec"), "must have either a thresholdMetric or a ratioMetric")
    if sli.spec.ratio_metric:
        kind = IndicatorKind.QUALITY if exported.get("kind") == IndicatorKind.QUALITY else IndicatorKind.RATIO
        return fields | {"kind": kind} | _read_ratio(sli.spec.ratio_metric, bundle)
    metrics = {SeriesPart.VALUE: sli.spec.threshold_metric}
    return fields | {"kind": exported.get("kind", IndicatorKind.GAUGE), "series": _bind(metrics, bundle)}


def _read_ratio(ratio: SliRatioMetric, bundle: Bundle) -> dict[str, Any]:
    if ratio.total is None or bool(ratio.good) == bool(ratio.bad):
        bundle.refuse(ratio.at(""), "must have total, and either good or bad: a raw ratio cannot be counted exactly")
    if ratio.counter is None:
        bundle.warn(ratio.at("counter"), "is missing, so the counters are read as cumulative")
    if ratio.counter is False:
        bundle.warn(ratio.at("counter"), "is false, so each sample is read as the count since the sample before")
    metrics = {SeriesPart.GOOD: ratio.good, SeriesPart.BAD: ratio.bad, SeriesPart.TOTAL: ratio.total}
    return {
        "counters": Temporality.DELTA if ratio.counter is False else Temporality.CUMULATIVE,
        "series": _bind(metrics, bundle),
    }


def _bind(metrics: Mapping[SeriesPart, SliMetric | None], bundle: Bundle) -> list[dict[str, str]]:
    """Return the selectors of all parts, or none: half a ratio measures nothing."""
    sources = {part: metric.metric_source for part, metric in metrics.items() if metric}
    selectors = {part: _read_selectors(part, source, bundle) for part, source in sources.items()}
    if not all(selectors.values()):
        return []
    return [{"selector": text, "part": part} for part, texts in selectors.items() for text in texts]


def _read_selectors(part: SeriesPart, source: SliMetricSource, bundle: Bundle) -> list[str]:
    data_source = bundle.by_name(DataSource).get(source.metric_source_ref)
    source_type = source.type or str(data_source.spec.get("type") if data_source else "unknown")
    if source_type == RAPPORT_SOURCE:
        return []
    if source_type.lower() != "prometheus":
        message = f"has the type {source_type}: bind the indicator to series, or push samples by its id"
        bundle.warn(source.at(""), message)
        return []
    written = str(source.spec.get("query", "")).strip()
    query = written if part is SeriesPart.VALUE else _without_functions(written)
    try:
        selectors = list(_split_selectors(query))
    except InvalidSelector:
        bundle.warn(source.at("spec.query"), _NOT_A_SELECTOR)
        return []
    if len(selectors) > 1:
        message = "counts all series of its selectors, also where `or` leaves out those that have the labels of others"
        bundle.warn(source.at("spec.query"), message)
    if query != written:
        message = f"is bound to the series {query}, whose increases are counted per minute"
        bundle.warn(source.at("spec.query"), message)
    return selectors


def _without_functions(query: str) -> str:
    """Return what a query counts: the series in `sum(rate(requests_total[5m])) or vector(0)`."""
    query = _OR_ZERO.sub("", query).strip()
    while len(query) < _MAX_QUERY_LENGTH and (match := _COUNT.fullmatch(query)):
        query = _RANGE.sub("", match[1].strip())
    return query


def _split_selectors(query: str) -> Iterator[str]:
    """Split the query at each `or` outside quotes. Raise InvalidSelector if one of its parts is no selector."""
    if len(query) > _MAX_QUERY_LENGTH:
        raise InvalidSelector(f"A query has at most {_MAX_QUERY_LENGTH} characters.")
    pieces = _QUOTED.split(query)  # at odd places, what stands in quotes
    pieces[::2] = [re.sub(r"\sor\s", "\0", piece) for piece in pieces[::2]]
    for selector in "".join(pieces).split("\0"):
        parse_selector(selector)
        yield selector.strip()
