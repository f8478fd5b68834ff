"""Back up what a directory holds, and restore it."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from rapport.cli.options import DEFAULT_DATA, Data, Yes
from rapport.console import print_result

File = Annotated[Path, typer.Argument(help="The file of the backup.", dir_okay=False)]


def backup(file: File, data: Data = DEFAULT_DATA) -> None:
    """Back up the Rapport that runs on a directory, into a file. Nothing is stopped."""
    from rapport.operations import backups

    asyncio.run(backups.back_up(data, file))
    print_result(f"Written: {file} ({file.stat().st_size} bytes)")


def restore(file: File, data: Data = DEFAULT_DATA, yes: Yes = False) -> None:
    """Put a backup in the place of what a directory holds. Stop Rapport first, and start it afterwards."""
    from rapport.operations import backups

    backups.check_backup(file)
    if data.exists() and not yes:
        typer.confirm(f"What {data} holds is replaced by the backup. Go on?", abort=True)
    asyncio.run(backups.restore(data, file))
    print_result(f"Restored: {file}. Start it: rapport up --data {data}")


COMMANDS = (backup, restore)
