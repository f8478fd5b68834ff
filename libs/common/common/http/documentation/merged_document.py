"""One OpenAPI document of all services, from the documents of each. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

Json = dict[str, Any]

TITLE = "Rapport"


class DocumentsDiffer(ValueError):
    """Two services use one name for two things, so that one of them would be lost."""

    def __init__(self, name: str, services: Collection[str]) -> None:
        super().__init__(f"{name} is not the same in {' and '.join(services)}.")
        self.name = name
        self.services = services


def merge_documents(documents: Mapping[str, Mapping[str, Any]]) -> Json:
    """Merge the documents of services by name, whose paths are all different. Raise DocumentsDiffer."""
    first = next(iter(documents.values()))
    merged: Json = {"openapi": first["openapi"], "info": {**first["info"], "title": TITLE}, "servers": first["servers"]}
    tags = {service: {tag["name"]: tag for tag in document["tags"]} for service, document in documents.items()}
    merged["tags"] = list(_unite(tags).values())
    merged["paths"] = _unite({service: document["paths"] for service, document in documents.items()})
    kinds = sorted({kind for document in documents.values() for kind in document["components"]})
    merged["components"] = {
        kind: _unite({service: document["components"].get(kind, {}) for service, document in documents.items()})
        for kind in kinds
    }
    _unite({service: _index_operations(document) for service, document in documents.items()})
    return merged


def _unite(parts: Mapping[str, Mapping[str, Any]]) -> Json:
    united: Json = {}
    owners: dict[str, str] = {}
    for service, part in parts.items():
        for name, value in part.items():
            owner = owners.setdefault(name, service)
            if united.setdefault(name, value) != value:
                raise DocumentsDiffer(name, (owner, service))
    return united


def _index_operations(document: Mapping[str, Any]) -> dict[str, str]:
    """Index the paths of operations by the operations' ids, which are to be unique as well."""
    return {
        operation["operationId"]: f"{method} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
