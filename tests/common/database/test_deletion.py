"""Deleting what nothing refers to: which references are counted."""

import subprocess
import sys

OTHER_SERVICE_IN_PART = """
from uuid import UUID
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column
import catalog.main
from catalog.offerings.model import Service
from common.database.deletion import _list_references
from common.database.entities import Entity, Identified, metadata_for

class OtherBase(Entity):
    __abstract__ = True
    metadata = metadata_for("other")

class Visit(OtherBase, Identified):
    __tablename__ = "visits"
    place_id: Mapped[UUID] = mapped_column(ForeignKey("other.places.id"))

print([kind.__name__ for kind, _ in _list_references(Service())])
"""


def test_references_are_those_of_the_own_service_whatever_part_of_another_is_loaded() -> None:
    outcome = subprocess.run([sys.executable, "-c", OTHER_SERVICE_IN_PART], capture_output=True, text=True, check=False)

    assert outcome.stdout.split() == ["['Offering']"], outcome.stderr
