"""Check exported statements: who has the file and the public key needs nobody else."""

from pathlib import Path
from typing import Annotated

import typer

from rapport.console import print_result


def verify(
    statements: Annotated[list[Path], typer.Argument(help="As GET /sla/v1/statements/{id}/export answers.")],
    key: Annotated[
        Path | None, typer.Option(help="The published keys (GET /sla/v1/statement-keys), or one of them.")
    ] = None,
) -> None:
    """Check hash, signature and, of several, the chain; offline. The exit code is 1 if something is wrong."""
    from rapport.operations import statement_verification

    findings = statement_verification.verify_statements(statements, key)
    for finding in findings:
        print_result(f"{'ok' if finding.is_good else 'FAILURE'}  {finding.subject}: {finding.detail}")
    if key is None:
        print_result(
            "Checked with the key each statement brings along. To check that it is the provider's own, give --key."
        )
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(1)
