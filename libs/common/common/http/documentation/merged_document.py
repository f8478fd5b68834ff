"""One OpenAPI document of all services, from the documents of each. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]

TITLE = "Rapport"


class DocumentsDiffer(ValueError):
    """Two services use one name for two things, so that one of them would be lost."""


def merge_documents(documents: Sequence[Mapping[str, Any]]) -> Json:
    """Merge the documents of services, whose paths are all different. Raise DocumentsDiffer."""
    first = documents[0]
    merged: Json = {"openapi": first["openapi"], "info": {**first["info"], "title": TITLE}, "servers": first["servers"]}
    merged["tags"] = list(_unite([{tag["name"]: tag for tag in document["tags"]} for document in documents]).values())
    merged["paths"] = _unite([document["paths"] for document in documents])
    kinds = sorted({kind for document in documents for kind in document["components"]})
    merged["components"] = {
        kind: _unite([document["components"].get(kind, {}) for document in documents]) for kind in kinds
    }
    _check_operation_ids(merged["paths"])
    return merged


def _unite(parts: Sequence[Mapping[str, Any]]) -> Json:
    united: Json = {}
    for part in parts:
        for name, value in part.items():
            if united.setdefault(name, value) != value:
                raise DocumentsDiffer(f"{name} is not the same in two services")
    return united


def _check_operation_ids(paths: Mapping[str, Mapping[str, Any]]) -> None:
    ids = [operation["operationId"] for operations in paths.values() for operation in operations.values()]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise DocumentsDiffer(f"{', '.join(twice)} is the operation of two services")
