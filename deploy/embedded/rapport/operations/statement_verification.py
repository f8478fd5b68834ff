"""Verifies exported statements with their keys, without any server."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapport.errors import CommandError
from sla.compliance.statements.offline_verification import (
    NotAnExportedStatement,
    PublicKey,
    check_chains,
    check_statement,
    parse_public_keys,
)

TOO_DEEP = "It is nested more deeply than any statement."


@dataclass(frozen=True)
class VerificationFinding:
    is_good: bool
    subject: str
    detail: str


def verify_statements(statements: Sequence[Path], key: Path | None) -> list[VerificationFinding]:
    """Return a finding for each problem, and one for each statement without problems."""
    keys = None if key is None else _keys(key)
    exports = {path: _read(path) for path in statements}
    findings = [finding for path, export in exports.items() for finding in _verify_statement(path, export, keys)]
    if len(exports) > 1 and all(finding.is_good for finding in findings):
        gaps = check_chains(list(exports.values()))
        findings += [VerificationFinding(is_good=False, subject="Chain", detail=gap) for gap in gaps]
        if not gaps:
            detail = "each follows the one before"
            findings.append(VerificationFinding(is_good=True, subject="Chain", detail=detail))
    return findings


def _verify_statement(path: Path, export: Any, keys: Mapping[str, PublicKey] | None) -> Iterator[VerificationFinding]:
    try:
        problems = check_statement(export, keys)
    except NotAnExportedStatement as error:
        problems = [str(error)]
    except RecursionError:
        problems = [TOO_DEEP]
    for problem in problems:
        yield VerificationFinding(is_good=False, subject=str(path), detail=problem)
    if not problems:
        document, signature = export["document"], export["signature"]
        detail = f"{document['agreement_name']}, {document['period']}, signed with {signature['key_id']}"
        yield VerificationFinding(is_good=True, subject=str(path), detail=detail)


def _keys(path: Path) -> dict[str, PublicKey]:
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
    except RecursionError:
        raise CommandError(f"{path} holds no statement. {TOO_DEEP}") from None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a field that occurs twice, which programs read differently."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field occurs twice")
    return fields


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no integer, and a statement has no other numbers")
