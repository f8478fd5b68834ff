"""Waits until the schema of a service is migrated: nothing can be done before, and nothing is wrong."""

import asyncio
import time
from importlib.util import find_spec

import asyncpg
import structlog
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from common.database.connections import Database
from common.database.migrations import build_alembic_config
from common.database.transient_errors import is_unprepared
from common.error_descriptions import describe_error

LOOK_SECONDS, REPORT_SECONDS = 1.0, 60.0
"""The seconds between two looks, and between two lines in the log while it waits."""

log = structlog.get_logger(__name__)


class SchemaGuard:
    """One per service and process; it remembers that the schema was seen at this version."""

    def __init__(self, database: Database, service: str) -> None:
        self._database, self._service = database, service
        self._is_current = find_spec(service) is None
        """A service without a package has no migrations either."""
        self._waiting = asyncio.Lock()

    async def wait(self) -> None:
        """Return once the schema is at the version of this code, or at one of newer code."""
        reported_at = float("-inf")
        async with self._waiting:  # one looks for all that wait
            while (problem := await self._look()) is not None:
                if time.monotonic() - reported_at > REPORT_SECONDS:
                    reported_at = time.monotonic()
                    log.info("waiting_for_schema", service=self._service, reason=problem)
                await asyncio.sleep(LOOK_SECONDS)

    async def find_problem(self) -> str | None:
        """Return what is missing in a sentence, or None. Raise what the database raises while it is away."""
        if self._is_current:
            return None
        revision, script = await self._load_revision(), await asyncio.to_thread(self._load_script)
        known_revisions = {entry.revision for entry in script.walk_revisions()}
        if revision is None or (revision in known_revisions and revision != script.get_current_head()):
            return (
                f"The schema {self._service} is at {revision or 'nothing'} and has to be at "
                f"{script.get_current_head()}: run `rapport migrate`."
            )
        self._is_current = True
        return None

    async def _look(self) -> str | None:
        try:
            return await self.find_problem()
        except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            return describe_error(error)

    async def _load_revision(self) -> str | None:
        query = text(f'SELECT version_num FROM "{self._service}".alembic_version')  # noqa: S608 - the name of a package
        try:
            async with self._database.sessions() as session:
                revision: str | None = (await session.execute(query)).scalar_one_or_none()
        except (SQLAlchemyError, asyncpg.PostgresError) as error:
            if is_unprepared(error):
                return None
            raise
        return revision

    def _load_script(self) -> ScriptDirectory:
        return ScriptDirectory.from_config(build_alembic_config(self._service, ""))
