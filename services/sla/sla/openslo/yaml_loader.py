"""Loading a bundle of YAML documents as text, exact numbers, lists and mappings, of bounded size and depth."""

# YAML 1.1 reads 12:30 as 750, `no` as false and 2022-01-01 12:00:00 as a time without a zone. So only JSON's types are
# resolved; everything else stays text. Anchors are refused, because a few lines of them expand to millions of nodes,
# and so are repeated keys, because readers disagree on their value.

import re
from collections.abc import Hashable
from decimal import Decimal
from typing import Any

import yaml

from sla.openslo.errors import BundleUnreadable

MAX_BUNDLE_CHARACTERS = 256 * 1024
"""Characters of a bundle."""
_DEEPEST, _MOST = 24, 200
_NULL, _BOOL, _INT, _FLOAT = (f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float"))


class _Loader(yaml.CSafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key) for key, _ in node.value]
        strange = next((key for key in keys if not isinstance(key, str) or keys.count(key) > 1), None)
        if strange is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key {strange!r} is not text, or is repeated")
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
    """Return whether YAML reads it as text without quotes."""
    return not any(pattern.match(text) for pattern, _ in _RESOLVED.values())


def load_documents(text: str) -> list[Any]:
    """Load each object of the bundle; raise BundleUnreadable if it cannot be read."""
    if len(text) > MAX_BUNDLE_CHARACTERS:
        raise BundleUnreadable(f"A bundle has at most {MAX_BUNDLE_CHARACTERS} characters.", field="document")
    try:
        _check(text)
        objects = [item for document in yaml.load_all(text, _Loader) for item in _objects(document)]
    except yaml.MarkedYAMLError as error:
        raise BundleUnreadable(_describe(error), field="document") from None
    except (yaml.YAMLError, ValueError) as error:
        raise BundleUnreadable(f"This is not valid YAML: {error}.", field="document") from None
    if not 0 < len(objects) <= _MOST:
        raise BundleUnreadable(f"A bundle has 1 to {_MOST} documents, this one {len(objects)}.", field="document")
    return objects


def _objects(document: Any) -> list[Any]:
    """Return the objects of a document, which is one object or a list of them."""
    if document is None:
        return []
    return document if isinstance(document, list) else [document]


def _check(text: str) -> None:
    """Check anchors, tags and depth before anything is built."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BundleUnreadable("Write the bundle without anchors and aliases.", field="document")
        if getattr(event, "tag", None) not in (None, "!"):
            raise BundleUnreadable("Write the bundle without own tags.", field="document")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise BundleUnreadable(f"Nest the bundle at most {_DEEPEST} levels deep.", field="document")


def _describe(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"This is not valid YAML{where}: {error.problem}."
