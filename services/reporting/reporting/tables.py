"""Every mapped entity of this service, so that its metadata is complete; and which of them a replay rebuilds."""

from sqlalchemy import Table

from common.tables import machinery
from reporting.schema import Base
from reporting.scorecards.model import Agreement, Breach, Customer, Issue, Offering, Satisfaction, Statement

__all__ = ["PROJECTIONS", "Base"]

machinery(Base.metadata)

PROJECTIONS: list[Table] = [
    Base.metadata.tables[f"reporting.{kind.__tablename__}"]
    for kind in (Customer, Offering, Agreement, Statement, Breach, Issue, Satisfaction)
]
