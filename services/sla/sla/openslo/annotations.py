"""What OpenSLO has no words for: kept beside it as annotations, with a hash that tells whether the rest was edited."""

import hashlib
import json
from decimal import Decimal
from typing import Any

from sla.openslo.yaml_nodes import YamlNode

TERMS_KEY, INDICATOR_KEY, OBJECTIVE_KEY, SPEC_HASH_KEY = (
    f"rapport/{name}" for name in ("terms", "indicator", "objective", "spec-sha256")
)


def build_annotations(key: str, said: dict[str, Any], spec: dict[str, Any]) -> dict[str, str]:
    """Annotations are text, so `said` is written as JSON."""
    return {key: json.dumps(said, sort_keys=True, ensure_ascii=False), SPEC_HASH_KEY: _hash(spec)}


def read_annotation(metadata: YamlNode, key: str) -> dict[str, Any]:
    """Empty where there is none."""
    text = metadata["annotations"][key].text(longest=100_000)
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        metadata["annotations"][key].refuse("must be a JSON object, as it was exported")
        return {}
    return found


def is_unedited(metadata: YamlNode, spec: YamlNode) -> bool:
    """Whether the spec still is what was exported."""
    same = metadata["annotations"][SPEC_HASH_KEY].text() == _hash(spec.fields)
    if not same:
        spec.warn("was edited since it was exported: what it says now goes before what its annotations say")
    return same


def _hash(spec: dict[str, Any]) -> str:
    text = json.dumps(_plain(spec), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """The same for every way to write a number."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"{Decimal(value).normalize():f}"
    return value
