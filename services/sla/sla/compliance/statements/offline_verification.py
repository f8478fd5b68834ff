"""Checking exported statements without asking anybody: hash, signature, chain. What `rapport verify` does."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import rfc8785

from sla.compliance.statements.document import FORMAT, canonical_sha256
from sla.compliance.statements.signing import ALGORITHM, compute_thumbprint, is_signature_valid, parse_public_key

_REPEATED = {
    "id": ("statement_id",),
    "performance": ("result", "performance"),
    "met": ("result", "met"),
    **{
        name: (name,)
        for name in (
            "agreement_id",
            "customer_id",
            "number",
            "period",
            "period_from",
            "period_to",
            "revision",
            "previous_sha256",
            "issued_at",
        )
    },
}
"""What stands beside the document as well, and where in the document."""
_BESIDE = {"document", "sha256", "signature", "key", "format"}


class NotAnExportedStatement(ValueError):
    """It has not the shape of an exported statement."""


def parse_public_keys(document: Any) -> dict[str, str]:
    """Public keys by name, from a key set as it is published, or a single key. ValueError: it is neither."""
    listed = document.get("keys", [document]) if isinstance(document, dict) else None
    if not isinstance(listed, list) or not all(isinstance(key, dict) for key in listed):
        raise ValueError("is no JSON Web Key, nor a set of them")
    return {compute_thumbprint(public): public for public in map(parse_public_key, listed)}


def check_statement(exported: Any, keys: Mapping[str, str] | None) -> list[str]:
    """What is wrong with one statement, in sentences; `keys` None: it is checked with the key it brings along."""
    document, sha256, signature = _parts(exported)
    found = list(_repetitions(exported, document))
    if not _has_hash(document, sha256):
        found.append("The document is not the one whose hash was taken.")
    if document.get("format") != FORMAT:
        found.append(f"The document is no {FORMAT}.")
    if signature.get("algorithm") != ALGORITHM or signature.get("key_id") != document.get("key_id"):
        found.append("The signature is not of the key that the document names.")
    return found + list(_signature(exported, sha256, signature, keys))


def check_chains(exported: Sequence[Any]) -> list[str]:
    """What is wrong between statements that are each in order."""
    chains: dict[str, list[tuple[int, str, str | None]]] = defaultdict(list)
    for one in exported:
        document, sha256, _ = _parts(one)
        link = int(document["number"]), sha256, document.get("previous_sha256")
        chains[str(document.get("agreement_id"))].append(link)
    return [
        problem
        for name, links in chains.items()
        for problem in _gaps(name, sorted(set(links), key=lambda link: link[:2]))
    ]


def _gaps(agreement: str, links: list[tuple[int, str, str | None]]) -> Iterator[str]:
    for (number, sha256, _), (following, _, previous) in pairwise(links):
        if following == number:
            yield f"Agreement {agreement} has two statements with the number {number}."
        elif following != number + 1:
            yield f"Agreement {agreement}: between the statements {number} and {following} something is missing."
        elif previous != sha256:
            yield f"Agreement {agreement}: statement {following} does not follow statement {number}."


def _parts(exported: Any) -> tuple[dict[str, Any], str, dict[str, Any]]:
    wanted = {"document": dict, "sha256": str, "signature": dict}
    if not isinstance(exported, dict) or any(not isinstance(exported.get(name), kind) for name, kind in wanted.items()):
        raise NotAnExportedStatement("A statement is exported with its document, its sha256 and its signature.")
    document: dict[str, Any] = exported["document"]
    if not isinstance(document.get("number"), int):
        raise NotAnExportedStatement("The document has no number.")
    return document, exported["sha256"], exported["signature"]


def _has_hash(document: dict[str, Any], sha256: str) -> bool:
    try:
        return canonical_sha256(document) == sha256
    except rfc8785.CanonicalizationError:  # numbers that statements never hold
        return False


def _repetitions(exported: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    for name in sorted(exported.keys() - _BESIDE):
        if name not in _REPEATED:
            yield f"{name} is no part of a statement."
            continue
        value: Any = document
        for step in _REPEATED[name]:
            value = value.get(step) if isinstance(value, dict) else None
        if value != exported[name]:
            yield f"{name} says something else than the document."


def _signature(
    exported: dict[str, Any], sha256: str, signature: dict[str, Any], keys: Mapping[str, str] | None
) -> Iterator[str]:
    name = str(signature.get("key_id"))
    try:
        known = parse_public_keys(exported.get("key")) if keys is None else keys
    except ValueError as problem:
        yield f"Its own key {problem}."
        return
    if name not in known:
        yield f"The key {name} is not at hand."
    elif not is_signature_valid(sha256, str(signature.get("value")), known[name]):
        yield f"The signature does not fit the hash and the key {name}."
