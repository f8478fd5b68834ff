"""Which series are which part of which indicator."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import asyncpg
import orjson

from sla.indicators.definition import INDICATOR_LABEL, IndicatorDefinition
from sla.indicators.selectors import METRIC_NAME_LABEL
from sla.measurements.minutes import to_milliseconds
from sla.measurements.rollup.indicator_input import SeriesRoles

MAX_CACHED_SERIES = 500_000
_FOREVER = 2**62

_VERSIONS = "SELECT id, version FROM sla.indicators ORDER BY id"
_INDICATORS = "SELECT * FROM sla.indicators ORDER BY id"
_LABELS = "SELECT id, labels FROM sla.series WHERE id = ANY($1)"


class DefinitionIndex:
    """Definitions by the metrics they can be bound to."""

    def __init__(self, definitions: Iterable[IndicatorDefinition]) -> None:
        self.definitions = {definition.indicator_id: definition for definition in definitions}
        self._by_metric: dict[str, list[IndicatorDefinition]] = defaultdict(list)
        for definition in self.definitions.values():
            for metric in definition.metric_names:
                self._by_metric[metric].append(definition)

    def roles_of_series(self, labels: Mapping[str, str]) -> SeriesRoles:
        """The indicators that a series with these labels is bound to, and its role in each."""
        roles = [(one.indicator_id, one.role_of(labels)) for one in self._candidates(labels)]
        return tuple((indicator, role) for indicator, role in roles if role is not None)

    def _candidates(self, labels: Mapping[str, str]) -> Sequence[IndicatorDefinition]:
        if INDICATOR_LABEL in labels:
            found = self.definitions.get(UUID(labels[INDICATOR_LABEL]))
            return [found] if found else []
        return self._by_metric.get(labels.get(METRIC_NAME_LABEL, ""), [])


class SeriesRoleCache:
    """What the folder remembers from cycle to cycle."""

    def __init__(self) -> None:
        self._versions: list[tuple[UUID, int]] = []
        self._bound: dict[int, SeriesRoles] = {}
        self.index = DefinitionIndex(())
        self.takes_samples_until: dict[UUID, int] = {}
        """The instant (ms) before which an indicator takes samples."""

    async def refresh(self, connection: asyncpg.Connection) -> None:
        """Take notice of indicators that were defined or changed."""
        versions = [(row["id"], row["version"]) for row in await connection.fetch(_VERSIONS)]
        if versions == self._versions:
            return
        rows = await connection.fetch(_INDICATORS)
        self.index = DefinitionIndex(
            [IndicatorDefinition.from_row({**row, "series": orjson.loads(row["series"])}) for row in rows]
        )
        self.takes_samples_until = {
            row["id"]: to_milliseconds(row["retired_at"]) if row["retired_at"] else _FOREVER for row in rows
        }
        self._versions, self._bound = versions, {}

    async def load_roles(self, connection: asyncpg.Connection, series: Sequence[int]) -> dict[int, SeriesRoles]:
        if len(self._bound) > MAX_CACHED_SERIES:
            self._bound = {}
        unknown = [number for number in series if number not in self._bound]
        if unknown:
            for row in await connection.fetch(_LABELS, unknown):
                self._bound[row["id"]] = self.index.roles_of_series(orjson.loads(row["labels"]))
        return {number: bound for number in series if (bound := self._bound.get(number))}
