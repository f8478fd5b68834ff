"""Verify exported statements offline, as `rapport verify` does: hash, signature and chain."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from common.canonical_json import CanonicalizationError, hash_canonical_json
from sla.compliance.evaluation.rules_version import RulesVersion
from sla.compliance.statements.signing import (
    ALGORITHM,
    compute_thumbprint,
    is_signature_valid,
    parse_public_key,
    to_jwk,
)

_ENVELOPE = {"document", "sha256", "signature", "key"}
_SIGNATURE = {"algorithm", "key_id", "value"}


class NotAnExportedStatement(ValueError):
    """The value does not have the shape of an exported statement."""


class _Link(NamedTuple):
    number: int
    sha256: str
    previous_sha256: str | None


class PublicKey(NamedTuple):
    public: str
    revoked_since: datetime | None = None
    """From then on somebody else may have signed with it."""

    def may_have_signed(self, document: Mapping[str, Any]) -> bool:
        """Tell whether a statement was issued before the key was revoked, if it was."""
        if self.revoked_since is None:
            return True
        try:
            issued_at = _parse_instant(document.get("issued_at"))
        except ValueError:
            return False
        return issued_at is not None and issued_at < self.revoked_since


def parse_public_keys(document: Any) -> dict[str, PublicKey]:
    """Read public keys by name from a published key set or a single key; raise ValueError if it is neither."""
    keys = document.get("keys", [document]) if isinstance(document, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise ValueError("is neither a JSON Web Key nor a set of them")
    public_keys = [PublicKey(parse_public_key(key), _parse_instant(key.get("revoked_since"))) for key in keys]
    return {compute_thumbprint(key.public): key for key in public_keys}


def _parse_instant(text: Any) -> datetime | None:
    """Read an instant as keys and statements hold it; raise ValueError if it is none."""
    if text is None:
        return None
    instant = datetime.fromisoformat(text) if isinstance(text, str) else None
    if instant is None or instant.tzinfo is None:
        raise ValueError("has a time that is no RFC 3339 date-time")
    return instant


def check_statement(exported: Any, keys: Mapping[str, PublicKey] | None) -> list[str]:
    """Return what is wrong with one statement, in sentences; without `keys` it is checked with its own key."""
    document, sha256, signature = _parse(exported)
    problems = list(_check_repeated_fields(exported, document))
    if not _has_hash(document, sha256):
        problems.append("The hash does not fit the document.")
    if RulesVersion.from_statement_format(document.get("format")) is None:
        formats = " or ".join(version.statement_format for version in RulesVersion)
        problems.append(f"The document does not have the format {formats}.")
    if signature.get("algorithm") != ALGORITHM or signature.get("key_id") != document.get("key_id"):
        problems.append("The signature is not of the key that the document names.")
    problems += [f"{name} is not a field of a signature." for name in sorted(signature.keys() - _SIGNATURE)]
    return problems + list(_check_signature(exported, sha256, signature, keys))


def check_chains(exported: Sequence[Any]) -> list[str]:
    """Return what is wrong between statements that are each valid."""
    chains: dict[str, set[_Link]] = defaultdict(set)
    for statement in exported:
        document, sha256, _ = _parse(statement)
        link = _Link(int(document["number"]), sha256, document.get("previous_sha256"))
        chains[str(document.get("agreement_id"))].add(link)
    return [
        problem
        for agreement_id, links in chains.items()
        for problem in _check_chain(agreement_id, sorted(links, key=lambda link: link[:2]))
    ]


def _check_chain(agreement_id: str, links: list[_Link]) -> Iterator[str]:
    for link, following in pairwise(links):
        if following.number == link.number:
            yield f"Agreement {agreement_id} has two statements with the number {link.number}."
        elif following.number != link.number + 1:
            yield (
                f"Agreement {agreement_id}: a statement is missing between number {link.number} and number "
                f"{following.number}."
            )
        elif following.previous_sha256 != link.sha256:
            yield f"Agreement {agreement_id}: statement {following.number} does not follow statement {link.number}."


def _parse(exported: Any) -> tuple[dict[str, Any], str, dict[str, Any]]:
    kinds = {"document": dict, "sha256": str, "signature": dict}
    if not isinstance(exported, dict) or any(not isinstance(exported.get(name), kind) for name, kind in kinds.items()):
        raise NotAnExportedStatement("A statement is exported with its document, its sha256 and its signature.")
    document: dict[str, Any] = exported["document"]
    if not isinstance(document.get("number"), int):
        raise NotAnExportedStatement("The document has no number.")
    return document, exported["sha256"], exported["signature"]


def _has_hash(document: dict[str, Any], sha256: str) -> bool:
    try:
        return hash_canonical_json(document) == sha256
    except CanonicalizationError:  # numbers that statements never hold
        return False


def _check_repeated_fields(exported: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """Check the fields beside the document, all of which repeat it."""
    result = document.get("result")
    stated = document | (result if isinstance(result, dict) else {}) | {"id": document.get("statement_id")}
    for name in sorted(exported.keys() - _ENVELOPE):
        if name not in stated:
            yield f"{name} is not a field of a statement."
        elif not _is_same(stated[name], exported[name]):
            yield f"{name} differs from the document."


def _is_same(value: Any, other: Any) -> bool:
    """Compare as JSON does: true is not 1."""
    try:
        return hash_canonical_json([value]) == hash_canonical_json([other])
    except CanonicalizationError:
        return False


def _check_signature(
    exported: dict[str, Any], sha256: str, signature: dict[str, Any], keys: Mapping[str, PublicKey] | None
) -> Iterator[str]:
    key_id = str(signature.get("key_id"))
    try:
        available = parse_public_keys(exported.get("key")) if keys is None else keys
    except ValueError as error:
        yield f"Its own key {error}."
        return
    if key_id not in available:
        yield f"The key {key_id} is not available."
        return
    key = available[key_id]
    if "key" in exported and not _is_same(exported["key"], to_jwk(key.public)):
        yield f"The key in the file is not the key {key_id} as it is published."
    if not is_signature_valid(sha256, str(signature.get("value")), key.public):
        yield f"The signature does not fit the hash and the key {key_id}."
    if not key.may_have_signed(exported["document"]):
        yield f"The key {key_id} was revoked, and its signatures since {key.revoked_since} do not count."
