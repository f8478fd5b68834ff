"""Whether a JSON Schema of an event still means to its readers what it meant before."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def list_breaking_changes(before: Schema, after: Schema) -> list[str]:
    """What readers of `before` would miss in `after`: fields removed (or renamed), retyped, or newly required."""
    return [*_of_fields("", before, after, before, after)]


def _of_fields(path: str, before: Schema, after: Schema, old: Schema, new: Schema) -> Iterator[str]:
    """`before` and `after` are the documents that hold the definitions `old` and `new` refer to."""
    was, now = old.get("properties", {}), new.get("properties", {})
    for name in was.keys() - now.keys():
        yield f"{path}{name} was removed"
    for name in set(new.get("required", ())) - set(old.get("required", ())):
        yield f"{path}{name} is newly required"
    for name in was.keys() & now.keys():
        yield from _of_type(f"{path}{name}", before, after, was[name], now[name])


def _of_type(path: str, before: Schema, after: Schema, old: Schema, new: Schema) -> Iterator[str]:
    was, now = _options(before, old), _options(after, new)
    if was.keys() != now.keys():
        yield f"{path} was retyped"
        return
    for kind, option in was.items():
        yield from _of_fields(f"{path}.", before, after, option, now[kind])
        for inner in ("items", "additionalProperties"):
            if isinstance(option.get(inner), dict):
                yield from _of_type(f"{path}[]", before, after, option[inner], now[kind].get(inner, {}))


def _options(document: Schema, schema: Schema) -> dict[tuple[Any, ...], Schema]:
    """What a value may be, null among it, by type, format and the values listed."""
    options = [_resolved(document, option) for option in schema.get("anyOf", [schema])]
    return {
        (option.get("type"), option.get("format"), str(option.get("enum")), str(option.get("const"))): option
        for option in options
    }


def _resolved(document: Schema, schema: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    definition: Schema = document["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    return definition
