"""Have Redocly and Spectral read the documents of the services and the merged one; an error of either fails."""

import json
import subprocess
import sys
from pathlib import Path

from rapport.reference import merged_document, openapi_of
from rapport.service_names import ServiceName

HERE = Path(__file__).parent
WRITTEN = HERE.parents[1] / ".cache" / "openapi"


def main() -> int:
    documents = {name.value: openapi_of(name) for name in ServiceName} | {"rapport": merged_document()}
    WRITTEN.mkdir(parents=True, exist_ok=True)
    paths = [WRITTEN / f"{name}.json" for name in documents]
    for path, document in zip(paths, documents.values(), strict=True):
        path.write_text(json.dumps(document))
    programs = HERE / "node_modules" / ".bin"
    commands = (
        [programs / "redocly", "lint", "--config", HERE / "redocly.yaml", *paths],
        [programs / "spectral", "lint", "--fail-severity", "error", "--ruleset", HERE / "spectral.yaml", *paths],
    )
    return max(subprocess.run(command, check=False).returncode for command in commands)


if __name__ == "__main__":
    sys.exit(main())
