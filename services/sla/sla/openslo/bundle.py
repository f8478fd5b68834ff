"""A bundle: its documents by kind and name, and the base terms they give."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sla.openslo.annotations import TERMS_KEY, read_annotation
from sla.openslo.windows import parse_time_zone
from sla.openslo.yaml_nodes import BundleFindings, YamlNode

API_VERSION = "openslo/v1"
SUPPORTED_KINDS = ("SLO", "SLI", "Service", "DataSource")
IGNORED_KINDS = ("AlertPolicy", "AlertCondition", "AlertNotificationTarget")

NodesByName = Mapping[str, YamlNode]


@dataclass(frozen=True, slots=True)
class Bundle:
    nodes_by_kind: Mapping[str, NodesByName]
    findings: BundleFindings

    @property
    def indicator_names(self) -> frozenset[str]:
        """The names by which the bundle may refer to an existing indicator."""
        return frozenset(_indicator_names(self))

    def base_terms(self) -> dict[str, Any]:
        """Return the terms without objectives: those that were exported, or service hours around the clock."""
        services = self.nodes_by_kind["Service"].values()
        exported_terms = [
            exported for service in services if (exported := read_annotation(service["metadata"], TERMS_KEY))
        ]
        if len(exported_terms) > 1:
            self._root("documents").refuse("contain the terms of more than one agreement")
        zones = sorted(
            {name for slo in self.nodes_by_kind["SLO"].values() if (name := parse_time_zone(slo["spec"]["timeWindow"]))}
        )
        return exported_terms[0] if exported_terms else self._around_the_clock(zones)

    def _around_the_clock(self, zones: list[str]) -> dict[str, Any]:
        self._root("service_hours").warn("do not exist in OpenSLO, so the objectives hold around the clock")
        timezone = zones[0] if zones else "UTC"
        if not zones:
            self._root("timezone").warn("is not given by any calendar, so UTC is used")
        if len(zones) > 1:
            node = self._root("timezone")
            answer = node.ask("differs between calendars, but an agreement has one: which?", *zones)
            if answer not in (None, *zones):
                node.refuse(f"{str(answer)[:40]!r} is none of {', '.join(zones)}")
            timezone = answer or timezone
        return {"service_hours": {"timezone": timezone, "hours": "24x7"}}

    def _root(self, path: str) -> YamlNode:
        return YamlNode(None, path, self.findings)


def parse_bundle(documents: list[Any], findings: BundleFindings) -> Bundle:
    kinds: dict[str, dict[str, YamlNode]] = {kind: {} for kind in SUPPORTED_KINDS}
    for place, document in enumerate(documents):
        node = YamlNode(document, f"documents.{place}", findings)
        node.warn_unknown_fields("apiVersion", "kind", "metadata", "spec")
        kind, name = _parse_header(node)
        if kind in IGNORED_KINDS:
            node.warn(f"is an {kind}, which is left out, because alerting is set up elsewhere")
        elif name and kind in kinds:
            if name in kinds[kind]:
                node["metadata"]["name"].refuse(f"is the name of two {kind}s")
            kinds[kind][name] = node
    if not kinds["SLO"] and not kinds["SLI"] and not findings.errors:
        YamlNode(None, "documents", findings).refuse("contain no SLO and no SLI")
    return Bundle(kinds, findings)


def _parse_header(node: YamlNode) -> tuple[str, str]:
    if node["apiVersion"].value != API_VERSION:
        node["apiVersion"].refuse(f"must be {API_VERSION}")
    kind, name = node["kind"].text(), node["metadata"]["name"].text(longest=255)
    if kind not in SUPPORTED_KINDS + IGNORED_KINDS:
        node["kind"].refuse(f"must be one of {', '.join(SUPPORTED_KINDS + IGNORED_KINDS)}")
    if not name:
        node["metadata"]["name"].refuse("is missing")
    if node["metadata"]["labels"]:
        node["metadata"]["labels"].warn("are not kept")
    return kind, name


def _indicator_names(bundle: Bundle) -> Iterator[str]:
    for slo in bundle.nodes_by_kind["SLO"].values():
        spec = slo["spec"]
        for holder in (spec, *(node for node in spec["objectives"].items if isinstance(node.value, dict))):
            inline = holder["indicator"]["metadata"]
            yield from (holder["indicatorRef"].text(), inline["name"].text(), inline["displayName"].text())
    for sli in bundle.nodes_by_kind["SLI"].values():
        yield from (sli["metadata"]["name"].text(), sli["metadata"]["displayName"].text())
