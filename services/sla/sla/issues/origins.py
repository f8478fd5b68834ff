"""The origins of an issue as other rooms report them: breaches that statements show, and concerns seen before."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, Self
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Severity:
    """The part of an origin that the triage reads."""

    agreement_id: UUID
    weight_share: Decimal
    """Percent of the agreement's weight that is missed or concerned."""

    @classmethod
    def from_entity(cls, entity: object, **given: Any) -> Self:
        """Build it from `given`, and what that lacks from the attributes of the entity."""
        return cls(**given, **{name: getattr(entity, name) for name in cls.__dataclass_fields__.keys() - given.keys()})


@dataclass(frozen=True, kw_only=True)
class BreachSeverity(Severity):
    objective_name: str
    target: Decimal
    """Percent."""
    attained: Decimal
    """Percent."""
    credit_percent: Decimal = Decimal(0)
    """Percent of the charge that the objective alone owes, before the statement's cap."""
    credit_amount: Decimal = Decimal(0)
    currency: str | None = None
    """ISO 4217; null where the terms have no credits."""


class BreachKey(NamedTuple):
    """The key of a breach, the same in every revision of the statement that shows it."""

    agreement_id: UUID
    objective_id: UUID
    period_from: datetime


@dataclass(frozen=True, kw_only=True)
class Breach(BreachSeverity):
    """An objective missed in one review period, according to the statement."""

    customer_id: UUID
    statement_id: UUID
    service_id: UUID
    service_name: str
    objective_id: UUID
    indicator_id: UUID | None
    """What measured it; null where incidents are counted."""
    period_from: datetime
    period_to: datetime
    """Exclusive."""
    coverage: Decimal | None = None
    """Percent of the minutes in scope that were measured; null of incidents."""

    @property
    def key(self) -> BreachKey:
        return BreachKey(self.agreement_id, self.objective_id, self.period_from)

    @property
    def title(self) -> str:
        return f"{self.service_name}: {self.objective_name} missed"

    @property
    def summary(self) -> str:
        window = f"{self.period_from:%Y-%m-%d %H:%M} to {self.period_to:%Y-%m-%d %H:%M} UTC"
        return f"{self.objective_name} attained {self.attained:f} % of {self.target:f} % promised, {window}."


class ConcernKind(StrEnum):
    SILENCE = "silence"
    """Nothing is measured any more."""
    BURN_RATE = "burning"
    """The error budget is spent too fast to last."""
    INCIDENT = "incident"
    """An incident was not answered or resolved in time."""


@dataclass(frozen=True, kw_only=True)
class ConcernSeverity(Severity):
    name: str
    """The name of the indicator or objective."""
    urgency: int
    """1 is low, 3 is high."""
    because: str


@dataclass(frozen=True, kw_only=True)
class Concern(ConcernSeverity):
    """A circumstance that may become a breach of an agreement."""

    kind: ConcernKind
    customer_id: UUID
    service_id: UUID
    service_name: str
    about: UUID
    """The indicator that is silent, the objective whose budget burns, the incident."""

    @property
    def title(self) -> str:
        return f"{self.service_name}: {self.name} {self.kind}"

    @property
    def summary(self) -> str:
        return f"{self.name}: {self.because}."
