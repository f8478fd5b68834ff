"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path, typer.Option(help="The directory that holds everything.", envvar="RAPPORT_DATA")]
Port = Annotated[
    int, typer.Option(help="Where Rapport answers, on 127.0.0.1.", envvar="RAPPORT_PORT", min=1, max=65535)
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        help="An administrator's URL, where no Rapport runs on the directory: postgresql://user:password@host/database",
        envvar="RAPPORT_ADMIN_URL",
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

DEFAULT_DATA = Path(".rapport")
DEFAULT_PORT = 8000
