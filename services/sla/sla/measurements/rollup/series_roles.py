"""The roles of series: to which indicators a series is bound, and what it is to each."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import asyncpg
import orjson

from sla.indicators.definition import INDICATOR_LABEL, IndicatorDefinition
from sla.indicators.selectors import METRIC_NAME_LABEL
from sla.measurements.rollup.indicator_input import SeriesRoles

MAX_CACHED_SERIES = 500_000

_LIST_VERSIONS = "SELECT id, version FROM sla.indicators"
_LIST_INDICATORS = "SELECT * FROM sla.indicators ORDER BY id"
_LIST_LABELS = "SELECT id, labels FROM sla.series WHERE id = ANY($1)"


class DefinitionIndex:
    """An index of definitions by the metrics they can be bound to."""

    def __init__(self, definitions: Iterable[IndicatorDefinition]) -> None:
        self.definitions = {definition.indicator_id: definition for definition in definitions}
        self._by_metric: dict[str, list[IndicatorDefinition]] = defaultdict(list)
        for definition in self.definitions.values():
            for metric in definition.metric_names:
                self._by_metric[metric].append(definition)

    def roles_of_series(self, labels: Mapping[str, str]) -> SeriesRoles:
        """Return the indicators to which a series with these labels is bound, and its role in each."""
        roles = [(definition.indicator_id, definition.role_of(labels)) for definition in self._candidates(labels)]
        return tuple((indicator, role) for indicator, role in roles if role is not None)

    def _candidates(self, labels: Mapping[str, str]) -> Sequence[IndicatorDefinition]:
        if INDICATOR_LABEL in labels:
            definition = self.definitions.get(UUID(labels[INDICATOR_LABEL]))
            return [definition] if definition else []
        return self._by_metric.get(labels.get(METRIC_NAME_LABEL, ""), [])


class SeriesRoleCache:
    """A cache of the roles of series, which the rollup job keeps from one run to the next."""

    def __init__(self) -> None:
        self.versions: dict[UUID, int] = {}
        """The versions of the indicators at which their definitions were read."""
        self._roles: dict[int, SeriesRoles] = {}
        self.index = DefinitionIndex(())
        self.unreadable: dict[UUID, Exception] = {}
        """By indicator: stored definitions that cannot be read, as one with a selector that the parser refuses.

        Those of retired indicators are left out: nothing waits for them to be mended.
        """

    async def refresh(self, connection: asyncpg.Connection) -> None:
        """Read the definitions again if an indicator was defined or changed, and forget all roles then."""
        if _versions_of(await connection.fetch(_LIST_VERSIONS)) == self.versions:
            return
        definitions, self.unreadable = [], {}
        rows = await connection.fetch(_LIST_INDICATORS)
        for row in rows:
            try:
                definitions.append(IndicatorDefinition.from_row({**row, "series": orjson.loads(row["series"])}))
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one definition concerns no other
                if row["retired_at"] is None:
                    self.unreadable[row["id"]] = error
        self.index, self.versions, self._roles = DefinitionIndex(definitions), _versions_of(rows), {}

    def get_definition(self, indicator_id: UUID) -> IndicatorDefinition | None:
        """Return a definition, or raise why it cannot be read; None for one of a retired indicator that cannot."""
        if indicator_id in self.unreadable:
            raise self.unreadable[indicator_id]
        return self.index.definitions.get(indicator_id)

    async def load_roles(self, connection: asyncpg.Connection, series: Sequence[int]) -> dict[int, SeriesRoles]:
        """Return the roles of those series that are bound to an indicator."""
        if len(self._roles) > MAX_CACHED_SERIES:
            self._roles = {}
        missing = [number for number in series if number not in self._roles]
        if missing:
            rows = await connection.fetch(_LIST_LABELS, missing)
            self._roles |= await asyncio.to_thread(_match_roles, self.index, rows)
        return {number: roles for number in series if (roles := self._roles.get(number))}


def _match_roles(index: DefinitionIndex, rows: Iterable[asyncpg.Record]) -> dict[int, SeriesRoles]:
    """Match each series with the selectors of the indicators, which takes seconds for very many."""
    return {row["id"]: index.roles_of_series(orjson.loads(row["labels"])) for row in rows}


def _versions_of(rows: Iterable[asyncpg.Record]) -> dict[UUID, int]:
    return {row["id"]: row["version"] for row in rows}
