"""Reads exported statements and keys, and has them checked without any server."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapport.errors import CommandError
from sla.compliance.statements.offline_verification import (
    NotAnExportedStatement,
    check_chains,
    check_statement,
    parse_public_keys,
)


@dataclass(frozen=True)
class VerificationFinding:
    is_good: bool
    subject: str
    detail: str


def verify_statements(statements: Sequence[Path], key: Path | None) -> list[VerificationFinding]:
    """One finding for each thing that is wrong, and one for each statement of which nothing is."""
    keys = None if key is None else _keys(key)
    read = {path: _read(path) for path in statements}
    found = [proof for path, exported in read.items() for proof in _of_one(path, exported, keys)]
    if len(read) > 1 and all(proof.is_good for proof in found):
        missing = check_chains(list(read.values()))
        found += [VerificationFinding(is_good=False, subject="Chain", detail=one) for one in missing]
        found += (
            []
            if missing
            else [VerificationFinding(is_good=True, subject="Chain", detail="each follows the one before")]
        )
    return found


def _of_one(path: Path, exported: Any, keys: Mapping[str, str] | None) -> Iterator[VerificationFinding]:
    try:
        wrong = check_statement(exported, keys)
    except NotAnExportedStatement as problem:
        wrong = [str(problem)]
    for one in wrong:
        yield VerificationFinding(is_good=False, subject=str(path), detail=one)
    if not wrong:
        document, signature = exported["document"], exported["signature"]
        said = f"{document['agreement_name']}, {document['period']}, signed with {signature['key_id']}"
        yield VerificationFinding(is_good=True, subject=str(path), detail=said)


def _keys(path: Path) -> dict[str, str]:
    try:
        return parse_public_keys(_read(path))
    except ValueError as problem:
        raise CommandError(f"{path} {problem}.") from None


def _read(path: Path) -> Any:
    try:
        return json.loads(
            path.read_bytes(), object_pairs_hook=_distinct, parse_float=_no_number, parse_constant=_no_number
        )
    except OSError as problem:
        raise CommandError(f"{path} cannot be read: {problem.strerror}.") from None
    except ValueError as problem:
        raise CommandError(f"{path} holds no statement: {problem}.") from None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A name that stands twice is read differently by different programs."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands in it twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no integer, and a statement has no other numbers")
