"""SLOs as objectives of terms, each with the indicator it needs: one that is known already, or one to be defined."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from common.ids import new_id
from sla.agreements.objectives import Objective, ObjectiveKind
from sla.indicators.views import NewIndicator
from sla.openslo import slis, slos
from sla.openslo.annotations import OBJECTIVE_KEY, is_unedited, read_annotation
from sla.openslo.bundle import Bundle
from sla.openslo.slis import Sli
from sla.openslo.yaml_nodes import BundleFindings, YamlNode

_OBJECTIVE: TypeAdapter[Objective] = TypeAdapter(Objective)


@dataclass(frozen=True, slots=True)
class ExistingIndicator:
    """An indicator that is in use."""

    id: UUID
    definition: NewIndicator


@dataclass(frozen=True, slots=True)
class RequiredIndicator:
    """An indicator the objectives need; `id` is provisional unless it exists."""

    id: UUID
    definition: NewIndicator
    exists: bool


@dataclass
class BundleImport:
    findings: BundleFindings
    terms: dict[str, Any]
    """What the bundle says of the terms besides the objectives."""
    objectives: list[Objective] = field(default_factory=list)
    indicators: list[RequiredIndicator] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        return not self.findings.errors and not self.findings.questions


def build_import(found: Bundle, known: Sequence[ExistingIndicator]) -> BundleImport:
    result = BundleImport(found.findings, found.base_terms())
    reader = _Reader(found, known, result)
    for slo in found.nodes_by_kind["SLO"].values():
        for objective in reader.objectives(slo):
            result.objectives.append(objective)
    reader.read_unused()
    return result


@dataclass(frozen=True)
class _Reader:
    bundle: Bundle
    known: Sequence[ExistingIndicator]
    result: BundleImport
    used: set[str] = field(default_factory=set)
    """The SLIs of the bundle that objectives refer to."""

    def read_unused(self) -> None:
        """Indicators that are defined without an objective."""
        for name in sorted(self.bundle.nodes_by_kind["SLI"].keys() - self.used):
            sli = self._read(self.bundle.nodes_by_kind["SLI"][name], name)
            if sli.is_threshold_metric and sli.definition.get("threshold") is None:
                sli.node.warn("is left out: no objective of this bundle says which of its values are good")
            elif definition := sli.build_indicator():
                self._want(sli, definition)

    def objectives(self, slo: YamlNode) -> Iterator[Objective]:
        spec, exported = slo["spec"], read_annotation(slo["metadata"], OBJECTIVE_KEY)
        slos.check_slo_spec(spec, self.bundle.nodes_by_kind["Service"])
        name = slo["metadata"]["displayName"].text(longest=200) or slo["metadata"]["name"].text()
        listed = list(spec["objectives"].items)
        if not listed:
            spec["objectives"].refuse("is missing")
        if exported and len(listed) == 1 and is_unedited(slo["metadata"], spec):
            yield from self._made(listed[0], spec, exported | {"name": name}, as_exported=True)
            return
        for node in listed:
            shown = node["displayName"].text(longest=200)
            title = {"name": self._unused(f"{name}: {shown}" if shown else name)}
            yield from self._made(node, spec, exported | title | slos.parse_objective(node, spec, exported))

    def _unused(self, name: str) -> str:
        """Objectives of one agreement differ in their names."""
        taken = {one.name for one in self.result.objectives}
        numbered = (name[:200] if number == 1 else f"{name[:190]} ({number})" for number in count(1))
        return next(one for one in numbered if one not in taken)

    def _made(
        self, node: YamlNode, spec: YamlNode, fields: dict[str, Any], *, as_exported: bool = False
    ) -> Iterator[Objective]:
        if fields.get("kind") not in (ObjectiveKind.RESPONSE_TIME, ObjectiveKind.RESOLUTION_TIME):
            wanted = self._wanted(node, spec, as_exported=as_exported)
            if wanted is None:
                return
            fields = {"kind": slos.to_objective_kind(wanted.definition)} | fields | {"indicator_id": wanted.id}
        try:
            yield _OBJECTIVE.validate_python(fields)
        except ValidationError as error:
            if not any(one.path.startswith(spec.path) for one in self.result.findings.errors):
                wrong = error.errors()[0]
                where = ".".join(map(str, wrong["loc"][1:]))
                node.refuse(f"makes no objective: {where}: {wrong['msg']}")

    def _wanted(self, node: YamlNode, spec: YamlNode, *, as_exported: bool) -> RequiredIndicator | None:
        own = node if node["indicator"] or node["indicatorRef"] else spec
        sli = self._sli(own)
        if sli is None:
            return None
        unchanged = as_exported and sli.original_indicator_id is not None
        definition = sli.build_indicator() if unchanged else sli.build_indicator_for(node["op"], node["value"])
        if definition is None:
            return None
        return self._want(sli, definition)

    def _want(self, sli: Sli, definition: NewIndicator) -> RequiredIndicator:
        wanted = self._matching(sli, definition)
        if wanted not in self.result.indicators:
            self.result.indicators.append(wanted)
        return wanted

    def _sli(self, own: YamlNode) -> Sli | None:
        inline, reference = own["indicator"], own["indicatorRef"].text(longest=255)
        if bool(inline) == bool(reference):
            own["indicator"].refuse("must be given, or an indicatorRef, and only one of them")
            return None
        if not inline and reference not in self.bundle.nodes_by_kind["SLI"]:
            return self._referred(own["indicatorRef"], reference)
        self.used.add(reference)
        node = inline or self.bundle.nodes_by_kind["SLI"][reference]
        name = node["metadata"]["name"].text(longest=255)
        if not name:
            node["metadata"]["name"].refuse("is missing")
        return self._read(node, name)

    def _read(self, node: YamlNode, name: str) -> Sli:
        return slis.parse_sli(name, node["metadata"], node["spec"], self.bundle.nodes_by_kind["DataSource"])

    def _referred(self, node: YamlNode, reference: str) -> Sli | None:
        """An indicator that is known already, by its name."""
        found = [one for one in self.known if one.definition.name == reference]
        if len(found) != 1:
            node.refuse(f"is no SLI of this bundle, and the name of {len(found) or 'no'} indicators")
            return None
        definition = found[0].definition
        return Sli(reference, node, definition.model_dump(), definition.kind not in slis.COUNTING_KINDS, found[0].id)

    def _matching(self, sli: Sli, definition: NewIndicator) -> RequiredIndicator:
        same = [one for one in self.known if one.definition == definition]
        origin = next((one for one in same if one.id == sli.original_indicator_id), None)
        if match := origin or next(iter(same), None):
            return RequiredIndicator(match.id, definition, exists=True)
        if planned := next((one for one in self.result.indicators if one.definition == definition), None):
            return planned
        if any(one.definition.name == definition.name for one in self.known):
            sli.node.warn(f"is defined otherwise than the indicator {definition.name!r} in use: a second one is made")
        return RequiredIndicator(new_id(), definition, exists=False)
