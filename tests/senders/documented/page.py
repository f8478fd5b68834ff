"""The blocks of docs/monitoring.md, with the address and the key filled in and nothing else."""

import json
import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[3] / "docs" / "monitoring.md"
ADDRESS, KEY = "https://rapport.example.org", "rpk_KEY"
BLOCK = re.compile(r"^```(?P<language>\w*) ?(?P<name>[\w-]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)

DEFINITION = re.compile(r'^\|.*\| `({"name": .*})`', re.MULTILINE)


def list_blocks() -> dict[str, str]:
    """Return the text of each block by its name."""
    return {match["name"]: match["text"] for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))}


def list_definitions() -> list[dict[str, Any]]:
    """Return the definitions of indicators in the page's table."""
    return [json.loads(match[1]) for match in DEFINITION.finditer(PAGE.read_text(encoding="utf-8"))]


def fill_in(name: str, url: str, key: str) -> str:
    return list_blocks()[name].replace(ADDRESS, url).replace(KEY, key)
