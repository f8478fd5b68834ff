"""Building objectives from SLOs, each with the indicator it needs: an existing one, or one to define."""

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
    """An indicator in use."""

    id: UUID
    definition: NewIndicator


@dataclass(frozen=True, slots=True)
class RequiredIndicator:
    """An indicator that the objectives need; its `id` is provisional unless it exists."""

    id: UUID
    definition: NewIndicator
    exists: bool


@dataclass
class BundleImport:
    findings: BundleFindings
    terms: dict[str, Any]
    """The terms without objectives."""
    objectives: list[Objective] = field(default_factory=list)
    indicators: list[RequiredIndicator] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        return not self.findings.errors and not self.findings.questions


def build_import(bundle: Bundle, existing: Sequence[ExistingIndicator]) -> BundleImport:
    result = BundleImport(bundle.findings, bundle.base_terms())
    reader = _Reader(bundle, existing, result)
    for slo in bundle.nodes_by_kind["SLO"].values():
        for objective in reader.objectives(slo):
            result.objectives.append(objective)
    reader.read_unused_slis()
    return result


@dataclass(frozen=True)
class _Reader:
    bundle: Bundle
    existing: Sequence[ExistingIndicator]
    result: BundleImport
    used: set[str] = field(default_factory=set)
    """The SLIs of the bundle that objectives refer to."""

    def read_unused_slis(self) -> None:
        """Read the SLIs that no objective refers to."""
        for name in sorted(self.bundle.nodes_by_kind["SLI"].keys() - self.used):
            sli = self._read(self.bundle.nodes_by_kind["SLI"][name], name)
            if sli.is_threshold_metric and sli.definition.get("threshold") is None:
                sli.node.warn("is left out, because no objective of this bundle says which of its values are good")
            elif definition := sli.build_indicator():
                self._require(sli, definition)

    def objectives(self, slo: YamlNode) -> Iterator[Objective]:
        spec, exported = slo["spec"], read_annotation(slo["metadata"], OBJECTIVE_KEY)
        slos.check_slo_spec(spec, self.bundle.nodes_by_kind["Service"])
        name = slo["metadata"]["displayName"].text(longest=200) or slo["metadata"]["name"].text()
        listed = list(spec["objectives"].items)
        if not listed:
            spec["objectives"].refuse("is missing")
        if exported and len(listed) == 1 and is_unedited(slo["metadata"], spec):
            yield from self._build_objective(listed[0], spec, exported | {"name": name}, as_exported=True)
            return
        for node in listed:
            display_name = node["displayName"].text(longest=200)
            title = {"name": self._unique_name(f"{name}: {display_name}" if display_name else name)}
            yield from self._build_objective(node, spec, exported | title | slos.parse_objective(node, spec, exported))

    def _unique_name(self, name: str) -> str:
        """Return the name with a number if another objective of the bundle has it."""
        used = {objective.name for objective in self.result.objectives}
        numbered = (name[:200] if number == 1 else f"{name[:190]} ({number})" for number in count(1))
        return next(candidate for candidate in numbered if candidate not in used)

    def _build_objective(
        self, node: YamlNode, spec: YamlNode, fields: dict[str, Any], *, as_exported: bool = False
    ) -> Iterator[Objective]:
        if fields.get("kind") not in (ObjectiveKind.RESPONSE_TIME, ObjectiveKind.RESOLUTION_TIME):
            required = self._required_indicator(node, spec, as_exported=as_exported)
            if required is None:
                return
            fields = {"kind": slos.to_objective_kind(required.definition)} | fields | {"indicator_id": required.id}
        try:
            yield _OBJECTIVE.validate_python(fields)
        except ValidationError as error:
            if not any(finding.path.startswith(spec.path) for finding in self.result.findings.errors):
                detail = error.errors()[0]
                where = ".".join(map(str, detail["loc"][1:]))
                node.refuse(f"is no valid objective: {where}: {detail['msg']}")

    def _required_indicator(self, node: YamlNode, spec: YamlNode, *, as_exported: bool) -> RequiredIndicator | None:
        own = node if node["indicator"] or node["indicatorRef"] else spec
        sli = self._sli(own)
        if sli is None:
            return None
        unchanged = as_exported and sli.original_indicator_id is not None
        definition = sli.build_indicator() if unchanged else sli.build_indicator_for(node["op"], node["value"])
        if definition is None:
            return None
        return self._require(sli, definition)

    def _require(self, sli: Sli, definition: NewIndicator) -> RequiredIndicator:
        required = self._match(sli, definition)
        if required not in self.result.indicators:
            self.result.indicators.append(required)
        return required

    def _sli(self, own: YamlNode) -> Sli | None:
        inline, reference = own["indicator"], own["indicatorRef"].text(longest=255)
        if bool(inline) == bool(reference):
            own["indicator"].refuse("must be given instead of indicatorRef, or the other way round")
            return None
        if not inline and reference not in self.bundle.nodes_by_kind["SLI"]:
            return self._read_existing(own["indicatorRef"], reference)
        self.used.add(reference)
        node = inline or self.bundle.nodes_by_kind["SLI"][reference]
        name = node["metadata"]["name"].text(longest=255)
        if not name:
            node["metadata"]["name"].refuse("is missing")
        return self._read(node, name)

    def _read(self, node: YamlNode, name: str) -> Sli:
        return slis.parse_sli(name, node["metadata"], node["spec"], self.bundle.nodes_by_kind["DataSource"])

    def _read_existing(self, node: YamlNode, reference: str) -> Sli | None:
        """Read an existing indicator by its name."""
        matches = [indicator for indicator in self.existing if indicator.definition.name == reference]
        if len(matches) != 1:
            node.refuse(f"is no SLI of this bundle, and the name of {len(matches) or 'no'} indicators")
            return None
        definition = matches[0].definition
        return Sli(reference, node, definition.model_dump(), definition.kind not in slis.COUNTING_KINDS, matches[0].id)

    def _match(self, sli: Sli, definition: NewIndicator) -> RequiredIndicator:
        same = [indicator for indicator in self.existing if indicator.definition == definition]
        origin = next((indicator for indicator in same if indicator.id == sli.original_indicator_id), None)
        if match := origin or next(iter(same), None):
            return RequiredIndicator(match.id, definition, exists=True)
        if planned := next(
            (required for required in self.result.indicators if required.definition == definition), None
        ):
            return planned
        if any(indicator.definition.name == definition.name for indicator in self.existing):
            sli.node.warn(f"differs from the indicator {definition.name!r} in use, so a second one is defined")
        return RequiredIndicator(new_id(), definition, exists=False)
