"""Kinds of agreements, their course after signing, and the notices that change it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STATES = ["draft", "proposed", "counter_proposed", "accepted", "withdrawn", "rejected", "signed", "active", "ended"]


def _choice(name: str, *values: str) -> sa.Enum:
    length = max(map(len, values)) + 8
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=length, schema="sla")


def _states(*names: str) -> None:
    """The check constraint of agreements.state, as it is."""
    op.drop_constraint(op.f("ck_agreements_agreementstate"), "agreements", schema="sla")
    listed = ", ".join(f"'{name}'" for name in names)
    op.create_check_constraint(op.f("ck_agreements_agreementstate"), "agreements", f"state IN ({listed})", schema="sla")


def upgrade() -> None:
    _states(*STATES, "suspended")
    kind = _choice("agreementkind", "sla", "ola", "underpinning_contract")
    op.add_column("agreements", sa.Column("kind", kind, nullable=False, server_default="sla"), schema="sla")
    op.alter_column("agreements", "kind", server_default=None, schema="sla")
    op.add_column("agreements", sa.Column("supplier", sa.Text(), nullable=True), schema="sla")
    op.add_column("agreements", sa.Column("in_force", sa.Integer(), nullable=True), schema="sla")
    op.add_column("agreements", sa.Column("turns_at", sa.DateTime(timezone=True), nullable=True), schema="sla")
    op.create_check_constraint(
        op.f("ck_agreements_supplier_of_others"), "agreements", "(kind = 'sla') = (supplier IS NULL)", schema="sla"
    )
    op.create_index(
        "ix_agreements_turns_at",
        "agreements",
        ["turns_at"],
        schema="sla",
        postgresql_where=sa.text("turns_at IS NOT NULL"),
    )
    op.add_column(
        "agreement_versions", sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True), schema="sla"
    )
    op.execute("UPDATE sla.agreement_versions SET proposed_at = created_at WHERE stage <> 'draft'")
    op.execute("UPDATE sla.agreements SET turns_at = changed_at WHERE state IN ('signed', 'active')")
    _notices()
    _calendars()


def _calendars() -> None:
    op.create_table(
        "closure_calendars",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure_calendars")),
        schema="sla",
    )
    op.create_table(
        "closure_editions",
        sa.Column("calendar_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", _choice("editionstate", "draft", "approved", "rejected"), nullable=False),
        sa.Column("closures", postgresql.JSONB(), nullable=False),
        sa.Column("skipped", postgresql.JSONB(), nullable=False),
        sa.Column("known_until", sa.Date(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_closure_editions_{name}")) for name, rule in OF_EDITIONS.items()),
        sa.ForeignKeyConstraint(
            ["calendar_id"],
            ["sla.closure_calendars.id"],
            name=op.f("fk_closure_editions_calendar_id_closure_calendars"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure_editions")),
        sa.UniqueConstraint("calendar_id", "number", name=op.f("uq_closure_editions_calendar_id_number")),
        schema="sla",
    )
    op.create_index(
        "uq_closure_editions_draft",
        "closure_editions",
        ["calendar_id"],
        unique=True,
        schema="sla",
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.execute("""
        CREATE TRIGGER decided_editions_are_final BEFORE UPDATE OR DELETE ON sla.closure_editions
        FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION sla.refuse_change()
    """)


OF_EDITIONS = {
    "number_positive": "number > 0",
    "decided": "(state = 'draft') = (decided_at IS NULL)",
    "approved_from_a_day": "(state = 'approved') = (first_day IS NOT NULL)",
    "four_eyes": "imported_by <> decided_by OR state <> 'approved'",
}


def _notices() -> None:
    op.create_table(
        "agreement_notices",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", _choice("noticekind", "renewal", "suspension", "resumption", "termination"), nullable=False),
        sa.Column("state", _choice("noticestate", "pending", "effective", "declined", "withdrawn"), nullable=False),
        sa.Column("side", _choice("side", "provider", "customer"), nullable=True),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspension_id", sa.Uuid(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("after_version", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_agreement_notices_{name}")) for name, rule in RULES.items()),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_agreement_notices_agreement_id_agreements")
        ),
        sa.ForeignKeyConstraint(
            ["suspension_id"],
            ["sla.agreement_notices.id"],
            name=op.f("fk_agreement_notices_suspension_id_agreement_notices"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_notices")),
        sa.UniqueConstraint("agreement_id", "number", name=op.f("uq_agreement_notices_agreement_id_number")),
        schema="sla",
    )
    op.create_index(op.f("ix_agreement_notices_suspension_id"), "agreement_notices", ["suspension_id"], schema="sla")
    for name, rows in ONE_OF.items():
        op.create_index(
            f"uq_agreement_notices_{name}",
            "agreement_notices",
            ["agreement_id"],
            unique=True,
            schema="sla",
            postgresql_where=sa.text(rows),
        )
    op.execute("""
        CREATE TRIGGER answered_notices_are_final BEFORE UPDATE OR DELETE ON sla.agreement_notices
        FOR EACH ROW WHEN (OLD.state <> 'pending') EXECUTE FUNCTION sla.refuse_change()
    """)


RULES = {
    "number_positive": "number > 0",
    "effective_after_version": "(state = 'effective') = (after_version IS NOT NULL)",
    "answered": "(state = 'pending') = (answered_at IS NULL)",
    "last_day_set": "(kind IN ('renewal', 'termination')) = (last_day IS NOT NULL)",
    "starts_at_set": "(kind IN ('suspension', 'resumption')) = (starts_at IS NOT NULL)",
    "resumes_suspension": "(kind = 'resumption') = (suspension_id IS NOT NULL)",
    "ends_after_start": "ends_at > starts_at",
    "suspensions_end": "ends_at IS NULL OR kind = 'suspension'",
}
ONE_OF = {
    "termination": "kind = 'termination'",
    "renewal_pending": "kind = 'renewal' AND state = 'pending'",
}


def downgrade() -> None:
    op.drop_table("closure_editions", schema="sla")
    op.drop_table("closure_calendars", schema="sla")
    op.drop_table("agreement_notices", schema="sla")
    op.drop_column("agreement_versions", "proposed_at", schema="sla")
    op.drop_index("ix_agreements_turns_at", "agreements", schema="sla")
    for column in ("turns_at", "in_force", "supplier", "kind"):
        op.drop_column("agreements", column, schema="sla")
    _states(*STATES)
