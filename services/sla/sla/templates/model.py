"""Agreement templates and their versions."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database.entities import Identified, Touched, Versioned, text_enum
from common.database.record_protection import append_only
from sla.schema import Base
from sla.templates.errors import TemplateArchived, TemplateNotPublished
from sla.templates.open_terms import list_open_places


class TemplateState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class AgreementTemplate(Identified, Versioned, Touched, Base):
    """Terms under a name; agreements drafted from it remember the version they are from."""

    __tablename__ = "agreement_templates"

    name: Mapped[str]
    description: Mapped[str]
    state: Mapped[TemplateState] = mapped_column(text_enum(TemplateState, "templatestate"), default=TemplateState.DRAFT)
    versions: Mapped[list["TemplateVersion"]] = relationship(lazy="raise", order_by="TemplateVersion.number")

    @property
    def newest(self) -> "TemplateVersion":
        return self.versions[-1]

    def set_terms(self, document: dict[str, Any]) -> None:
        """Add a version, unless the newest one has these terms."""
        self.check_not_archived()
        if not self.versions or self.newest.terms != document:
            self.versions.append(TemplateVersion(number=len(self.versions) + 1, terms=document))

    def check_not_archived(self) -> None:
        if self.state is TemplateState.ARCHIVED:
            raise TemplateArchived(f"{self.name} is archived; create another template.")

    def check_published(self) -> None:
        if self.state is not TemplateState.PUBLISHED:
            raise TemplateNotPublished(
                f"{self.name} is {self.state}: choose a published template.", field="template_id"
            )


class TemplateVersion(Identified, Base):
    """The terms of a template, which never change."""

    __tablename__ = "agreement_template_versions"
    __table_args__ = (
        UniqueConstraint("template_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        {"info": append_only()},
    )

    template_id: Mapped[UUID] = mapped_column(ForeignKey(AgreementTemplate.id))
    number: Mapped[int]
    terms: Mapped[dict[str, Any]]

    @property
    def to_fill_in(self) -> list[str]:
        return list_open_places(self.terms)
