"""Reading SLIs as definitions of indicators: the bound series, and what makes a value good."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from sla.indicators.definition import IndicatorKind, SeriesPart, Temporality
from sla.indicators.errors import InvalidSelector
from sla.indicators.rollup_rules import GoodWhen
from sla.indicators.selectors import parse_selector
from sla.indicators.views import NewIndicator
from sla.openslo.annotations import INDICATOR_KEY, is_unedited, read_annotation
from sla.openslo.yaml_nodes import YamlNode

OPERATORS = {"lt": GoodWhen.BELOW, "lte": GoodWhen.AT_MOST, "gt": GoodWhen.ABOVE, "gte": GoodWhen.AT_LEAST}
COUNTING_KINDS = frozenset({IndicatorKind.RATIO, IndicatorKind.QUALITY, IndicatorKind.VOLUME})
RAPPORT_SOURCE = "Rapport"
"""The type of a metric source whose samples are pushed by the id of the indicator."""

_WRAPPED = re.compile(r"(?:sum|rate|irate|increase)\s*\((.*)\)", re.DOTALL)
_RANGE = re.compile(r"\[[0-9a-z]{1,12}\]$")
_PIECE = re.compile(r"""(?:[^"'`\s]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)+|\s+""")


@dataclass(frozen=True, slots=True)
class Sli:
    """An SLI; for a threshold metric, each objective says which values are good."""

    name: str
    node: YamlNode
    definition: dict[str, Any]
    """Fields of NewIndicator."""
    is_threshold_metric: bool
    original_indicator_id: UUID | None = None
    """The indicator it was exported from, unless it was edited since."""

    def build_indicator_for(self, op: YamlNode, value: YamlNode) -> NewIndicator | None:
        """Build the indicator for the operator and value of an objective; return None if it is refused."""
        if self.is_threshold_metric:
            return self.build_indicator(**self._threshold(op, value))
        if op or value:
            op.warn("is not read, because a ratio counts good events and compares no values")
        return self.build_indicator()

    def build_indicator(self, **changes: Any) -> NewIndicator | None:
        try:
            return NewIndicator.model_validate(self.definition | changes)
        except ValidationError as error:
            detail = error.errors()[0]
            self.node.refuse(f"is no valid indicator: {'.'.join(map(str, detail['loc']))}: {detail['msg']}")
            return None

    def _threshold(self, op: YamlNode, value: YamlNode) -> dict[str, Any]:
        if not op and not value and self.definition.get("threshold") is not None:
            return {}  # an existing indicator, used as it is
        limit = value.number()
        if op.text() not in OPERATORS:
            op.refuse(f"must be one of {', '.join(OPERATORS)}, since the indicator is a threshold metric")
        if limit is None:
            value.refuse("is missing, but a threshold metric needs a value to compare with")
        return {"good_when": OPERATORS.get(op.text()), "threshold": None if limit is None else float(limit)}


def parse_sli(name: str, metadata: YamlNode, spec: YamlNode, sources: Mapping[str, YamlNode]) -> Sli:
    """Parse an SLI with the DataSources of its bundle."""
    spec.warn_unknown_fields("description", "thresholdMetric", "ratioMetric")
    if (exported := read_annotation(metadata, INDICATOR_KEY)) and is_unedited(metadata, spec):
        return _as_exported(name, spec, exported)
    display_name = metadata["displayName"].text(longest=200) or name
    annotated = {key: exported[key] for key in ("unit", "holds_for", "silent_after") if key in exported}
    definition = annotated | {"name": display_name, "description": spec["description"].text()}
    ratio, threshold = spec["ratioMetric"], spec["thresholdMetric"]
    if bool(ratio) == bool(threshold):
        spec.refuse("must have either a thresholdMetric or a ratioMetric")
    if threshold:
        threshold.warn_unknown_fields("metricSource")
        definition |= {
            "kind": exported.get("kind", IndicatorKind.GAUGE),
            "series": _bind({SeriesPart.VALUE: threshold}, sources),
        }
        return Sli(name, spec, definition, is_threshold_metric=True)
    quality = {"kind": IndicatorKind.QUALITY} if exported.get("kind") == IndicatorKind.QUALITY else {}
    return Sli(name, spec, definition | _ratio(ratio, sources) | quality, is_threshold_metric=False)


def _as_exported(name: str, spec: YamlNode, exported: dict[str, Any]) -> Sli:
    origin = exported.pop("id", None)
    return Sli(
        name, spec, exported, exported.get("kind") not in COUNTING_KINDS, UUID(origin) if _is_id(origin) else None
    )


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", value))


def _ratio(ratio: YamlNode, sources: Mapping[str, YamlNode]) -> dict[str, Any]:
    ratio.warn_unknown_fields("counter", "good", "bad", "total", "rawType", "raw")
    if ratio["raw"]:
        ratio["raw"].refuse("is a ratio without counts, which cannot be added up; give total and good or bad")
        return {"kind": IndicatorKind.RATIO}
    parts = {part: ratio[part] for part in (SeriesPart.GOOD, SeriesPart.BAD, SeriesPart.TOTAL) if ratio[part]}
    if SeriesPart.TOTAL not in parts or len(parts) != 2:  # noqa: PLR2004
        ratio.refuse("must have total and one of good and bad")
    counter = ratio["counter"].boolean()
    if counter is None:
        ratio["counter"].warn("is missing, so the counters are read as cumulative")
    elif not counter:
        ratio["counter"].warn("is false, so each sample is read as the count since the sample before")
    counters = Temporality.DELTA if counter is False else Temporality.CUMULATIVE
    return {"kind": IndicatorKind.RATIO, "counters": counters, "series": _bind(parts, sources)}


def _bind(parts: Mapping[SeriesPart, YamlNode], sources: Mapping[str, YamlNode]) -> list[dict[str, str]]:
    """Return the selectors of all parts, or none: half a ratio measures nothing."""
    selectors = {part: _selectors(part, node["metricSource"], sources) for part, node in parts.items()}
    if not all(selectors.values()):
        return []
    return [{"selector": text, "part": part} for part, texts in selectors.items() for text in texts]


def _selectors(part: SeriesPart, source: YamlNode, sources: Mapping[str, YamlNode]) -> list[str]:
    source.warn_unknown_fields("metricSourceRef", "type", "spec")
    query, kind = source["spec"]["query"], _type(source, sources)
    if kind == RAPPORT_SOURCE:
        return []
    if kind.lower() != "prometheus":
        source.warn(f"has the type {kind or 'unknown'}: bind the indicator to series, or push samples by its id")
        return []
    text = str(query.value or "")
    if part is not SeriesPart.VALUE and (bare := _unwrapped(text)) != text:
        query.warn(f"is bound to the series {bare}, whose increases are counted per minute")
        text = bare
    try:
        texts = _alternatives(text)
        [parse_selector(alternative) for alternative in texts]
    except InvalidSelector:
        query.warn("is more than a selector: record it by a rule, and bind the indicator to the recorded series")
        return []
    return texts


def _type(source: YamlNode, sources: Mapping[str, YamlNode]) -> str:
    reference = source["metricSourceRef"].text()
    if reference and reference not in sources and not source["type"]:
        source["metricSourceRef"].warn("is no DataSource of this bundle")
    referred = sources[reference]["spec"]["type"].text() if reference in sources else ""
    return source["type"].text() or referred


def _unwrapped(query: str) -> str:
    text = query.strip()
    while wrapped := _WRAPPED.fullmatch(text):
        text = _RANGE.sub("", wrapped[1].strip())
    return text


def _alternatives(query: str) -> list[str]:
    """Split the query at each `or` outside quotes."""
    alternatives, pieces = [""], _PIECE.findall(query)
    if "".join(pieces) != query:  # a quote that does not end
        return [query]
    for piece in pieces:
        if piece == "or":
            alternatives.append("")
        else:
            alternatives[-1] += piece
    return [alternative.strip() for alternative in alternatives]
