"""Generates the reference pages from the code: published events, their JSON Schemas, the HTTP interface."""

import json
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from common.app import create_app
from common.http.documentation.merged_document import merge_documents
from common.settings import Settings
from published.event import Event, registered_events, topic_name
from rapport.embedded.services import load_service
from rapport.service_names import ServiceName

NOTE = "<!-- Written by `make docs`; change the code, not this page. -->"
METHODS = ("get", "post", "put", "patch", "delete")


def build_pages() -> Iterator[tuple[Path, str]]:
    """Build every generated file: its path in the project and its content."""
    yield Path("docs/events.md"), events_page()
    yield Path("docs/api.md"), api_page()
    for kind, event in sorted(published_events().items()):
        schema = {"$id": kind, **event.model_json_schema(mode="serialization")}
        yield Path(f"libs/published/schemas/{kind}.json"), json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_changed_pages(root: Path = Path()) -> Iterator[Path]:
    """Write the pages that changed, and yield their paths."""
    for path, text in build_pages():
        place = root / path
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
            yield path


def published_events() -> dict[str, type[Event]]:
    for name in ServiceName:
        import_module(f"published.{name}")
    return {kind: event for kind, event in registered_events().items() if event.__module__.startswith("published.")}


def listeners_by_event() -> dict[type[Event], list[str]]:
    by_event: dict[type[Event], list[str]] = defaultdict(list)
    for name in ServiceName:
        for event in load_service(name).subscriptions:
            by_event[event].append(name.value)
    return by_event


def merged_document() -> dict[str, Any]:
    """Return the OpenAPI document of all services."""
    return merge_documents({name.value: openapi_of(name) for name in ServiceName})


def openapi_of(service: ServiceName) -> dict[str, Any]:
    return create_app(load_service(service), Settings(environment="test")).openapi()


def events_page() -> str:
    listeners = listeners_by_event()
    lines = [
        "# Events",
        "",
        NOTE,
        "",
        "CloudEvents 1.0 in Kafka's binary mode, one topic per service, keyed by the aggregate's id.",
    ]
    for name in ServiceName:
        lines += ["", f"## {name}: `{topic_name(name)}`"]
        for kind, event in published_events().items():
            if event.service == name:
                lines += _event(kind, event, listeners[event])
    return "\n".join(lines) + "\n"


def _event(kind: str, event: type[Event], listeners: list[str]) -> list[str]:
    consumers = f"Consumed by {', '.join(listeners)}." if listeners else "Not consumed yet."
    doc = (event.__doc__ or "").strip() if event.__doc__ != Event.__doc__ else ""
    schema = event.model_json_schema(mode="serialization")
    rows = [
        f"| `{name}` | {_type(field)} | {field.get('description', '')} |"
        for name, field in schema["properties"].items()
    ]
    head = ["", f"### {event.__name__}", "", f"`{kind}`, key `{event.aggregate}`. {consumers}"]
    return [*head, *(["", doc] if doc else []), "", "| field | type | meaning |", "|---|---|---|", *rows]


def _type(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_type(option) for option in field["anyOf"])
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", maxsplit=1)[-1]
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    return str(field.get("format") or field.get("type", "any"))


def api_page() -> str:
    lines = [
        "# HTTP interface",
        "",
        NOTE,
        "",
        "Bodies, parameters and answers in full: `/docs` of a running Rapport.",
    ]
    for name in ServiceName:
        lines += ["", f"## {name}", "", "| | | |", "|---|---|---|"]
        paths = openapi_of(name)["paths"]
        for path, operations in paths.items():
            lines += [_operation(method, path, operations[method]) for method in METHODS if method in operations]
    return "\n".join(lines) + "\n"


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    more = " ".join(operation.get("description", "").split("\n\n")[0].split()).replace("|", "\\|")
    return f"| {method.upper()} | `{path}` | {operation['summary']}{f': {more}' if more else ''} |"
