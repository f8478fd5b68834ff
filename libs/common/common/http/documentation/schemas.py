"""Tidies the schemas of a document: names, limits in JSON Schema's words, and no titles that only repeat a name."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

REQUEST_MARK = "-Input"
ANSWER_MARK = "-Output"
NUMBER_LIMITS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
"""What pydantic writes for a type that it cannot tell to be a number, and what it is called."""
DAY_LIMITS = {"ge": "from {}", "gt": "after {}", "le": "up to {}", "lt": "before {}"}
VALUES = frozenset({"default", "example", "examples"})
PLACES = "decimal_places"


def tidy_schemas(document: Json) -> Json:
    """Return the document with tidy schemas: `Terms` in answers is `TermsRequest` in requests where they differ."""
    schemas = document.get("components", {}).get("schemas", {})
    names = {f"#/components/schemas/{name}": f"#/components/schemas/{_rename(name)}" for name in schemas}
    tidy: Json = _tidy(document, names)
    if schemas:
        components = tidy["components"]
        components["schemas"] = {_rename(name): schema for name, schema in components["schemas"].items()}
    return tidy


def _rename(name: str) -> str:
    return name.replace(REQUEST_MARK, "Request").replace(ANSWER_MARK, "")


def _tidy(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [_tidy(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    tidy = {key: item if key in VALUES else _tidy(item, names) for key, item in value.items()}
    for name, part in tidy["properties"].items() if isinstance(tidy.get("properties"), dict) else ():
        _tidy_property(name, part)
    if "schema" in tidy and "name" in tidy:
        _tidy_property(tidy["name"], tidy["schema"])
    if "prefixItems" in tidy:
        tidy.setdefault("items", {})  # checkers ask for it
    return _name_limits(tidy)


def _tidy_property(name: str, schema: Json) -> None:
    """Take out the title that only repeats the name."""
    if str(schema.get("title", "")).replace(" ", "_").lower() == name.replace("-", "_").lower():
        del schema["title"]


def _name_limits(schema: Json) -> Json:
    limits = {key: schema.pop(key) for key in (*NUMBER_LIMITS, PLACES) if _is_limit(schema, key)}
    places = limits.pop(PLACES, None)
    if limits and schema.get("format") == "date":
        text = ", ".join(DAY_LIMITS[key].format(limit) for key, limit in limits.items())
        _describe(schema, f"{text[:1].upper()}{text[1:]}.")
    elif limits:
        _limit_number(schema, {NUMBER_LIMITS[key]: limit for key, limit in limits.items()})
    if places is not None:
        _describe(schema, f"At most {places} decimal places.")
    return schema


def _is_limit(schema: Json, key: str) -> bool:
    return not isinstance(schema.get(key, {}), dict)  # a property may have this name as well


def _limit_number(schema: Json, limits: Json) -> None:
    """Put the limits where the number is; a text in an answer needs none."""
    for bound in ("Minimum", "Maximum"):  # a limit that is left out says more than the same one that is not
        if f"exclusive{bound}" in limits:
            limits.pop(bound.lower(), None)
    for option in schema.get("anyOf", [schema]):
        if option.get("type") in {"number", "integer"}:
            option.update(limits)


def _describe(schema: Json, text: str) -> None:
    schema["description"] = f"{schema['description']} {text}" if schema.get("description") else text
