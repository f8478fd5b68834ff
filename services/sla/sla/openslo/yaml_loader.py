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
_MAX_DEPTH, _MAX_DOCUMENTS = 24, 200

_NUMBER_TAG = "tag:yaml.org,2002:float"
_NUMBER = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]{0,400})(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][-+]?[0-9]{1,3})?\Z")
_BOOLEAN = re.compile(r"(?i:true|false)\Z")


def resolve_numbers_and_booleans(resolver: type[yaml.resolver.BaseResolver]) -> None:
    """Let a loader read numbers and booleans as such; a dumper quotes text that looks like them."""
    resolver.add_implicit_resolver(_NUMBER_TAG, _NUMBER, list("-+.0123456789"))
    resolver.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOLEAN, list("tTfF"))


class _Loader(yaml.CSafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names: set[str] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node)
            if not isinstance(key, str) or key in names:
                message = f"the key {key} is not text, or is repeated"
                raise yaml.constructor.ConstructorError(None, None, message, key_node.start_mark)
            names.add(key)
        return super().construct_mapping(node, deep)

    def construct_number(self, node: yaml.ScalarNode) -> Decimal:
        return Decimal(str(self.construct_scalar(node)))


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)\Z"), None)
resolve_numbers_and_booleans(_Loader)
_Loader.add_constructor(_NUMBER_TAG, _Loader.construct_number)


def load_documents(text: str) -> list[Any]:
    """Load each object of the bundle; raise BundleUnreadable if it cannot be read."""
    if len(text) > MAX_BUNDLE_CHARACTERS:
        raise BundleUnreadable(f"A bundle has at most {MAX_BUNDLE_CHARACTERS} characters.", field="document")
    try:
        _check_structure(text)
        documents = [document for document in yaml.load_all(text, _Loader) if document is not None]
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        reason = getattr(error, "problem", None) or "it holds a character that is not allowed"
        raise BundleUnreadable(f"This is not valid YAML{place}: {reason}.", field="document") from None
    objects = [item for document in documents for item in (document if isinstance(document, list) else [document])]
    if not 0 < len(objects) <= _MAX_DOCUMENTS:
        message = f"A bundle has 1 to {_MAX_DOCUMENTS} documents, this one {len(objects)}."
        raise BundleUnreadable(message, field="document")
    return objects


def _check_structure(text: str) -> None:
    """Check anchors, tags and depth before anything is built."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BundleUnreadable("Write the bundle without anchors and aliases.", field="document")
        if getattr(event, "tag", None) not in (None, "!"):
            raise BundleUnreadable("Write the bundle without own tags.", field="document")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise BundleUnreadable(f"Nest the bundle at most {_MAX_DEPTH} levels deep.", field="document")
