"""Annotations for what OpenSLO cannot express, with a hash that shows whether the spec was edited since the export."""

import hashlib
import json
from typing import Any

TERMS_KEY, INDICATOR_KEY, OBJECTIVE_KEY, SPEC_HASH_KEY = (
    f"rapport/{name}" for name in ("terms", "indicator", "objective", "spec-sha256")
)

EDITED = "was edited since it was exported, so it takes precedence over its annotations"
NOT_READ_OF_INCIDENTS = (
    "is not as it was exported, and is not read: OpenSLO has no incidents. What is counted, and the time allowed, are"
    " those in the annotation rapport/objective of the SLO: change them there"
)


def build_annotations(contents: dict[str, Any], spec: dict[str, Any]) -> dict[str, str]:
    """Build annotations with the contents as JSON, because annotations are text."""
    texts = {key: json.dumps(content, sort_keys=True, ensure_ascii=False) for key, content in contents.items()}
    return texts | {SPEC_HASH_KEY: hash_spec(spec)}


def hash_spec(spec: dict[str, Any]) -> str:
    """Hash a spec; its numbers are floats before they are written, and decimals once they are read."""
    text = json.dumps(spec, sort_keys=True, separators=(",", ":"), default=float)
    return hashlib.sha256(text.encode()).hexdigest()
