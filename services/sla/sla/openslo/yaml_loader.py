"""A bundle of YAML documents as plain values: text, exact numbers, lists and mappings, of bounded size and depth."""

# YAML 1.1 reads 12:30 as 750, `no` as false and 2022-01-01 12:00:00 as an instant of no zone. Only what JSON knows is
# resolved here; all else is text, as it was written. Anchors are refused, since a few lines of them hold millions of
# nodes, and so is a key that comes twice, of which any reader sees another value.

import re
from collections.abc import Hashable
from decimal import Decimal
from http import HTTPStatus
from typing import Any, ClassVar

import yaml

from common.errors import DomainError

MAX_BUNDLE_CHARACTERS = 256 * 1024
"""Characters of a bundle."""
_DEEPEST, _MOST = 24, 200
_NULL, _BOOL, _INT, _FLOAT = (f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float"))


class BundleUnreadable(DomainError, slug="bundle-unreadable"):
    """A bundle is at the most 200 YAML documents, without anchors, tags of its own, or a key that comes twice."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class _Loader(yaml.CSafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key) for key, _ in node.value]
        strange = next((key for key in keys if not isinstance(key, str) or keys.count(key) > 1), None)
        if strange is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key {strange!r} is no text, or comes twice")
        return super().construct_mapping(node, deep)

    def exact(self, node: yaml.ScalarNode) -> Decimal:
        return Decimal(str(self.construct_scalar(node)))


_NUMBERS = "-+.0123456789"
_RESOLVED = {
    _NULL: (re.compile(r"(?:~|null|Null|NULL|)\Z"), None),
    _BOOL: (re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")),
    _INT: (re.compile(r"[-+]?(?:0|[1-9][0-9]{0,400})\Z"), list(_NUMBERS)),
    _FLOAT: (
        re.compile(r"[-+]?(?:(?:0|[1-9][0-9]{0,400})(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][-+]?[0-9]{1,2})?\Z"),
        list(_NUMBERS),
    ),
}
_Loader.yaml_implicit_resolvers = {}
for _tag, (_pattern, _first) in _RESOLVED.items():
    _Loader.add_implicit_resolver(_tag, _pattern, _first)
_Loader.add_constructor(_FLOAT, _Loader.exact)


def is_text_unquoted(text: str) -> bool:
    """Whether it is text without quotes, too."""
    return not any(pattern.match(text) for pattern, _ in _RESOLVED.values())


def load_documents(text: str) -> list[Any]:
    """Each object of the bundle. Raise BundleUnreadable."""
    if len(text) > MAX_BUNDLE_CHARACTERS:
        raise BundleUnreadable(f"A bundle has at the most {MAX_BUNDLE_CHARACTERS} characters.", field="document")
    try:
        _check(text)
        found = [one for document in yaml.load_all(text, _Loader) for one in _objects(document)]
    except yaml.MarkedYAMLError as error:
        raise BundleUnreadable(_words(error), field="document") from None
    except (yaml.YAMLError, ValueError) as error:
        raise BundleUnreadable(f"This is no YAML: {error}.", field="document") from None
    if not 0 < len(found) <= _MOST:
        raise BundleUnreadable(f"A bundle has 1 to {_MOST} documents, this one {len(found)}.", field="document")
    return found


def _objects(document: Any) -> list[Any]:
    """A document is one object, or a list of them."""
    if document is None:
        return []
    return document if isinstance(document, list) else [document]


def _check(text: str) -> None:
    """Before anything is built of it."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BundleUnreadable("A bundle is written without anchors.", field="document")
        if getattr(event, "tag", None) not in (None, "!"):
            raise BundleUnreadable("A bundle is written without tags of its own.", field="document")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise BundleUnreadable(f"A bundle is nested {_DEEPEST} levels deep at the most.", field="document")


def _words(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"This is no YAML{where}: {error.problem}."
