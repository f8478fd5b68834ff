"""Backing up and restoring what a directory holds, with the programs of the PostgreSQL that runs on it."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg

import rapport
from rapport.data_dir import DataDirectory
from rapport.errors import CommandError
from rapport.operations.operator_access import DATABASE_NAME, resolve_admin_url
from rapport.postgres import cluster
from rapport.postgres.server import Postgres
from rapport.postgres.setup import prepare_database
from rapport.service_names import ServiceName

AFTER_RESTORE = Path(rapport.__file__).parents[2] / "after-restore.sql"
NO_PORT = 0


async def back_up(data: Path, file: Path) -> None:
    """Write all schemas at one instant into a file, which only its owner can read."""
    url = resolve_admin_url(data, None)
    draft = cluster.write_secret_file(file.with_name(f"{file.name}.part"), "")
    await _run("pg_dump", url, "--format=custom", f"--file={draft}")
    draft.replace(file)


def check_backup(file: Path) -> None:
    if not file.is_file() or not file.stat().st_size:
        raise CommandError(f"{file} is empty or not there: name a file that `rapport backup` wrote.")


async def restore(data: Path, file: Path) -> None:
    """Put a backup in the place of what a directory holds. Raise CommandError while Rapport runs on it."""
    data_dir = DataDirectory(data)
    data_dir.check_not_running()
    with data_dir.lock(NO_PORT):
        passwords = {name.value: data_dir.get_or_create_secret(name) for name in ServiceName}
        async with Postgres(data_dir.postgres_path) as postgres:
            await _load(postgres, passwords, file)


async def _load(postgres: Postgres, passwords: Mapping[str, str], file: Path) -> None:
    """Load a backup. Roles are no part of it, and have to be there before it; the next start upgrades what it holds."""
    url = postgres.dsn(DATABASE_NAME)
    await prepare_database(url, passwords)
    await _run("pg_restore", postgres.dsn(), "--clean", "--if-exists", "--create", "--exit-on-error", str(file))
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(AFTER_RESTORE.read_text(encoding="utf-8"))
    finally:
        await connection.close()


async def _run(program: str, url: str, *options: str) -> None:
    """Run a program of PostgreSQL; the password is in its environment, as all can read its command line."""
    parts = urlsplit(url)
    address = urlunsplit(parts._replace(netloc=f"{parts.username}@{parts.hostname}:{parts.port}"))
    process = await asyncio.create_subprocess_exec(
        cluster.program_path(program),
        f"--dbname={address}",
        *options,
        env=os.environ | {"PGPASSWORD": unquote(parts.password or "")},
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    if process.returncode:
        raise CommandError(f"{program} failed: {errors.decode(errors='replace').strip()}")
