"""SLOs as objectives of terms, each with the indicator it needs: one that is known already, or one to be defined."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from common.ids import new_id
from sla.agreements.objectives import Method, Missing, Objective, ObjectiveKind
from sla.indicators.definition import Kind
from sla.indicators.views import NewIndicator
from sla.openslo import slis
from sla.openslo.annotations import OBJECTIVE, said, untouched
from sla.openslo.bundle import Bundle
from sla.openslo.nodes import Findings, Node
from sla.openslo.slis import Sli
from sla.openslo.windows import slice_minutes, window

METHODS = {
    "Occurrences": Method.OCCURRENCES,
    "Timeslices": Method.TIMESLICES,
    "RatioTimeslices": Method.RATIO_TIMESLICES,
}
MEASURED = frozenset({"availability", "ratio", "latency", "gauge", "quality"})
_OBJECTIVE: TypeAdapter[Objective] = TypeAdapter(Objective)


@dataclass(frozen=True, slots=True)
class Known:
    """An indicator that is in use."""

    id: UUID
    definition: NewIndicator


@dataclass(frozen=True, slots=True)
class Wanted:
    """An indicator the objectives need; `id` is provisional unless it exists."""

    id: UUID
    definition: NewIndicator
    exists: bool


@dataclass
class Imported:
    findings: Findings
    terms: dict[str, Any]
    """What the bundle says of the terms besides the objectives."""
    objectives: list[Objective] = field(default_factory=list)
    indicators: list[Wanted] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        return not self.findings.errors and not self.findings.questions


def imported(found: Bundle, known: Sequence[Known]) -> Imported:
    result = Imported(found.findings, found.terms())
    reader = _Reader(found, known, result)
    for slo in found.kinds["SLO"].values():
        for objective in reader.objectives(slo):
            result.objectives.append(objective)
    return result


@dataclass(frozen=True)
class _Reader:
    bundle: Bundle
    known: Sequence[Known]
    result: Imported

    def objectives(self, slo: Node) -> Iterator[Objective]:
        spec, exported = slo["spec"], said(slo["metadata"], OBJECTIVE)
        self._read_around(spec)
        name = slo["metadata"]["displayName"].text(longest=200) or slo["metadata"]["name"].text()
        listed = list(spec["objectives"].items)
        if not listed:
            spec["objectives"].refuse("is missing")
        if exported and len(listed) == 1 and untouched(slo["metadata"], spec):
            yield from self._made(listed[0], spec, exported | {"name": name}, as_exported=True)
            return
        for node in listed:
            node.knows(*_OF_OBJECTIVE)
            shown = node["displayName"].text(longest=200)
            title = {"name": self._unused(f"{name}: {shown}" if shown else name)}
            yield from self._made(node, spec, exported | title | self._read(node, spec, exported))

    def _unused(self, name: str) -> str:
        """Objectives of one agreement differ in their names."""
        taken = {one.name for one in self.result.objectives}
        numbered = (name[:200] if number == 1 else f"{name[:190]} ({number})" for number in count(1))
        return next(one for one in numbered if one not in taken)

    def _read_around(self, spec: Node) -> None:
        spec.knows(*_OF_SLO)
        service = spec["service"].text()
        if not service:
            spec["service"].refuse("is missing")
        elif self.bundle.kinds["Service"] and service not in self.bundle.kinds["Service"]:
            spec["service"].warn("is no Service of this bundle")
        if spec["alertPolicies"]:
            spec["alertPolicies"].warn("are left out: alerting is set up elsewhere")

    def _read(self, node: Node, spec: Node, exported: dict[str, Any]) -> dict[str, Any]:
        """What this objective says; what OpenSLO cannot say is as it was exported, or as usual."""
        fields: dict[str, Any] = {"target": _target(node), "window": window(spec["timeWindow"])}
        if node["compositeWeight"]:
            fields["weight"] = node["compositeWeight"].number()
            node["compositeWeight"].warn("is the weight in the performance of the period; each objective is kept alone")
        if exported.get("kind", "ratio") not in MEASURED:
            return fields
        if "missing" not in exported:
            node.warn("does not say what a minute counts as that was not measured: it is left out")
        return {"missing": Missing.IGNORE, "slice_minutes": 1} | exported | fields | _counted(node, spec)

    def _made(
        self, node: Node, spec: Node, fields: dict[str, Any], *, as_exported: bool = False
    ) -> Iterator[Objective]:
        if fields.get("kind") not in (ObjectiveKind.RESPONSE_TIME, ObjectiveKind.RESOLUTION_TIME):
            wanted = self._wanted(node, spec, as_exported=as_exported)
            if wanted is None:
                return
            fields = {"kind": _kind(wanted.definition)} | fields | {"indicator_id": wanted.id}
        try:
            yield _OBJECTIVE.validate_python(fields)
        except ValidationError as error:
            if not any(one.path.startswith(spec.path) for one in self.result.findings.errors):
                wrong = error.errors()[0]
                where = ".".join(map(str, wrong["loc"][1:]))
                node.refuse(f"makes no objective: {where}: {wrong['msg']}")

    def _wanted(self, node: Node, spec: Node, *, as_exported: bool) -> Wanted | None:
        own = node if node["indicator"] or node["indicatorRef"] else spec
        sli = self._sli(own)
        if sli is None:
            return None
        unchanged = as_exported and sli.exported_from is not None
        definition = sli.indicator() if unchanged else sli.judged_by(node["op"], node["value"])
        if definition is None:
            return None
        wanted = self._matching(sli, definition)
        if wanted not in self.result.indicators:
            self.result.indicators.append(wanted)
        return wanted

    def _sli(self, own: Node) -> Sli | None:
        inline, reference = own["indicator"], own["indicatorRef"].text(longest=255)
        if bool(inline) == bool(reference):
            own["indicator"].refuse("must be given, or an indicatorRef, and only one of them")
            return None
        if not inline and reference not in self.bundle.kinds["SLI"]:
            return self._referred(own["indicatorRef"], reference)
        node = inline or self.bundle.kinds["SLI"][reference]
        name = node["metadata"]["name"].text(longest=255)
        if not name:
            node["metadata"]["name"].refuse("is missing")
        return slis.read(name, node["metadata"], node["spec"], self.bundle.kinds["DataSource"])

    def _referred(self, node: Node, reference: str) -> Sli | None:
        """An indicator that is known already, by its name."""
        found = [one for one in self.known if one.definition.name == reference]
        if len(found) != 1:
            node.refuse(f"is no SLI of this bundle, and the name of {len(found) or 'no'} indicators")
            return None
        definition = found[0].definition
        return Sli(reference, node, definition.model_dump(), definition.kind not in slis.COUNTING, found[0].id)

    def _matching(self, sli: Sli, definition: NewIndicator) -> Wanted:
        same = [one for one in self.known if one.definition == definition]
        origin = next((one for one in same if one.id == sli.exported_from), None)
        if match := origin or next(iter(same), None):
            return Wanted(match.id, definition, exists=True)
        if planned := next((one for one in self.result.indicators if one.definition == definition), None):
            return planned
        if any(one.definition.name == definition.name for one in self.known):
            sli.node.warn(f"is defined otherwise than the indicator {definition.name!r} in use: a second one is made")
        return Wanted(new_id(), definition, exists=False)


_OF_SLO = (
    "description",
    "service",
    "indicator",
    "indicatorRef",
    "timeWindow",
    "budgetingMethod",
    "objectives",
    "alertPolicies",
)
_OF_OBJECTIVE = (
    "displayName",
    "op",
    "value",
    "target",
    "targetPercent",
    "timeSliceTarget",
    "timeSliceWindow",
    "indicator",
    "indicatorRef",
    "compositeWeight",
)


def _kind(definition: NewIndicator) -> str:
    if definition.kind is Kind.HISTOGRAM:
        return ObjectiveKind.LATENCY
    return definition.kind if definition.kind in MEASURED else ObjectiveKind.RATIO


def _target(node: Node) -> Decimal | None:
    """Percent."""
    share, percent = node["target"], node["targetPercent"]
    if bool(share) == bool(percent):
        share.refuse("must be given, or targetPercent, and only one of them")
        return None
    given, whole = (share, 1) if share else (percent, 100)
    value = given.number()
    if value is None or 0 < value < whole:
        return None if value is None else _percent(value / whole)
    hint = f"; {value} % are {value / 100}" if share and 1 < value < 100 else ""  # noqa: PLR2004 - percent
    given.refuse(f"must lie between 0 and {whole}, both excluded{hint}")
    return None


def _percent(share: Decimal) -> Decimal:
    return Decimal(f"{(share * 100).normalize():f}")


def _counted(node: Node, spec: Node) -> dict[str, Any]:
    """How it is counted, by `budgetingMethod`."""
    method = METHODS.get(spec["budgetingMethod"].text())
    if method is None:
        spec["budgetingMethod"].refuse(f"must be one of {', '.join(METHODS)}")
        return {"method": Method.OCCURRENCES}
    floor = node["timeSliceTarget"].number()
    fields: dict[str, Any] = {"method": method, "slice_target": None if floor is None else _percent(floor)}
    if method is not Method.OCCURRENCES:
        fields["slice_minutes"] = slice_minutes(node["timeSliceWindow"])
    elif node["timeSliceWindow"]:
        node["timeSliceWindow"].warn("is not read: occurrences are not counted in slices")
    if method is not Method.TIMESLICES and floor is not None:
        node["timeSliceTarget"].warn("is not read: only Timeslices has a target for each slice")
        fields["slice_target"] = None
    return fields
