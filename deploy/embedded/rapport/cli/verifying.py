"""Check exported statements: who has the file and the public key needs nobody else."""

from pathlib import Path
from typing import Annotated

import typer

from rapport.words import out


def verify(
    statements: Annotated[list[Path], typer.Argument(help="As GET /sla/v1/statements/{id}/export answers.")],
    key: Annotated[
        Path | None, typer.Option(help="The published keys (GET /sla/v1/statement-keys), or one of them.")
    ] = None,
) -> None:
    """Check hash, signature and, of several, the chain; offline. The exit code is 1 if something is wrong."""
    from rapport import proofs

    findings = proofs.examine(statements, key)
    for one in findings:
        out(f"{'ok' if one.good else 'FAILURE'}  {one.what}: {one.detail}")
    if key is None:
        out("Checked with the key each statement brings along. Whether it is the provider's own, --key tells.")
    if not all(one.good for one in findings):
        raise typer.Exit(1)
