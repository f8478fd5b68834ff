"""Annotations for what OpenSLO cannot express, with a hash that shows whether the spec was edited since the export."""

import hashlib
import json
from decimal import Decimal
from typing import Any

from sla.openslo.yaml_nodes import YamlNode

TERMS_KEY, INDICATOR_KEY, OBJECTIVE_KEY, SPEC_HASH_KEY = (
    f"rapport/{name}" for name in ("terms", "indicator", "objective", "spec-sha256")
)


def build_annotations(key: str, content: dict[str, Any], spec: dict[str, Any]) -> dict[str, str]:
    """Build annotations with `content` as JSON, because annotations are text."""
    return {key: json.dumps(content, sort_keys=True, ensure_ascii=False), SPEC_HASH_KEY: _hash(spec)}


def read_annotation(metadata: YamlNode, key: str) -> dict[str, Any]:
    """Return the JSON object of an annotation, empty if there is none."""
    text = metadata["annotations"][key].text(longest=100_000)
    try:
        content = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        metadata["annotations"][key].refuse("must be a JSON object, as in an export")
        return {}
    return content


def is_unedited(metadata: YamlNode, spec: YamlNode) -> bool:
    """Return whether the spec is as it was exported; warn if it was edited."""
    same = metadata["annotations"][SPEC_HASH_KEY].text() == _hash(spec.fields)
    if not same:
        spec.warn("was edited since it was exported, so it takes precedence over its annotations")
    return same


def _hash(spec: dict[str, Any]) -> str:
    text = json.dumps(_plain(spec), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Return the value with every number in one notation."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"{Decimal(value).normalize():f}"
    return value
