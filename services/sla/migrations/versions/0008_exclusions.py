"""Planned maintenance and waivers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FINAL = ("maintenance_announcements", "maintenance_decisions", "maintenance_targets", "waiver_approvals")


def choice(name: str, *values: str) -> sa.Enum:
    length = max(map(len, values)) + 8
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=length, schema="sla")


def identity(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def upgrade() -> None:
    op.create_table(
        "maintenances",
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "state",
            choice("maintenancestate", "announced", "approved", "refused", "under_way", "done", "cancelled"),
            nullable=False,
        ),
        sa.Column("alone_customer_id", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancellation", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *identity("maintenances"),
        sa.CheckConstraint(
            "(started_at IS NULL) OR state IN ('under_way', 'done', 'cancelled')",
            name=op.f("ck_maintenances_started"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NOT NULL) = (state IN ('done', 'cancelled'))", name=op.f("ck_maintenances_ended")
        ),
        schema="sla",
    )
    op.create_table(
        "maintenance_targets",
        sa.Column("maintenance_id", sa.Uuid(), nullable=False),
        sa.Column("kind", choice("affected", "service", "offering", "agreement"), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        *identity("maintenance_targets"),
        sa.ForeignKeyConstraint(
            ["maintenance_id"], ["sla.maintenances.id"], name=op.f("fk_maintenance_targets_maintenance_id_maintenances")
        ),
        sa.UniqueConstraint(
            "maintenance_id", "target_id", name=op.f("uq_maintenance_targets_maintenance_id_target_id")
        ),
        schema="sla",
    )
    op.create_index("ix_maintenance_targets_target_id", "maintenance_targets", ["target_id"], schema="sla")
    op.create_table(
        "maintenance_announcements",
        sa.Column("maintenance_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_by", sa.Text(), nullable=False),
        *identity("maintenance_announcements"),
        sa.CheckConstraint("number > 0", name=op.f("ck_maintenance_announcements_number")),
        sa.ForeignKeyConstraint(
            ["maintenance_id"],
            ["sla.maintenances.id"],
            name=op.f("fk_maintenance_announcements_maintenance_id_maintenances"),
        ),
        sa.UniqueConstraint(
            "maintenance_id", "number", name=op.f("uq_maintenance_announcements_maintenance_id_number")
        ),
        schema="sla",
    )
    op.create_table(
        "maintenance_windows",
        sa.Column("maintenance_id", sa.Uuid(), nullable=False),
        sa.Column("announcement_id", sa.Uuid(), nullable=False),
        sa.Column("window_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        *identity("maintenance_windows"),
        sa.CheckConstraint("window_from < window_to", name=op.f("ck_maintenance_windows_forwards")),
        sa.ForeignKeyConstraint(
            ["maintenance_id"], ["sla.maintenances.id"], name=op.f("fk_maintenance_windows_maintenance_id_maintenances")
        ),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["sla.maintenance_announcements.id"],
            name=op.f("fk_maintenance_windows_announcement_id_maintenance_announcements"),
        ),
        schema="sla",
    )
    for column in ("maintenance_id", "announcement_id", "window_to"):
        op.create_index(f"ix_maintenance_windows_{column}", "maintenance_windows", [column], schema="sla")
    op.create_table(
        "maintenance_decisions",
        sa.Column("announcement_id", sa.Uuid(), nullable=False),
        sa.Column("side", choice("side", "provider", "customer"), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        *identity("maintenance_decisions"),
        sa.CheckConstraint(
            "(side = 'customer') = (customer_id IS NOT NULL)", name=op.f("ck_maintenance_decisions_of_a_customer")
        ),
        sa.CheckConstraint("approved = (reason IS NULL)", name=op.f("ck_maintenance_decisions_refused_with_reason")),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["sla.maintenance_announcements.id"],
            name=op.f("fk_maintenance_decisions_announcement_id_maintenance_announcements"),
        ),
        sa.UniqueConstraint(
            "announcement_id",
            "customer_id",
            name=op.f("uq_maintenance_decisions_announcement_id_customer_id"),
            postgresql_nulls_not_distinct=True,
        ),
        schema="sla",
    )
    op.create_table(
        "waivers",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("objective_ids", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("window_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("both_sides", sa.Boolean(), nullable=False),
        sa.Column("state", choice("waiverstate", "requested", "granted", "refused", "revoked"), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *identity("waivers"),
        sa.CheckConstraint("window_from < window_to", name=op.f("ck_waivers_forwards")),
        sa.CheckConstraint(
            "(state IN ('granted', 'revoked')) = (granted_at IS NOT NULL)", name=op.f("ck_waivers_granted")
        ),
        sa.CheckConstraint("(state = 'refused') = (refused_at IS NOT NULL)", name=op.f("ck_waivers_refused")),
        sa.CheckConstraint("(state = 'revoked') = (revoked_at IS NOT NULL)", name=op.f("ck_waivers_revoked")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_waivers_agreement_id_agreements")
        ),
        schema="sla",
    )
    op.create_index("ix_waivers_agreement_id", "waivers", ["agreement_id", "window_from"], schema="sla")
    op.create_index(op.f("ix_waivers_customer_id"), "waivers", ["customer_id"], schema="sla")
    op.create_table(
        "waiver_approvals",
        sa.Column("waiver_id", sa.Uuid(), nullable=False),
        sa.Column("side", choice("side", "provider", "customer"), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        *identity("waiver_approvals"),
        sa.ForeignKeyConstraint(["waiver_id"], ["sla.waivers.id"], name=op.f("fk_waiver_approvals_waiver_id_waivers")),
        sa.UniqueConstraint("waiver_id", "side", name=op.f("uq_waiver_approvals_waiver_id_side")),
        sa.UniqueConstraint("waiver_id", "subject", name=op.f("uq_waiver_approvals_waiver_id_subject")),
        schema="sla",
    )
    guard()


def guard() -> None:
    """What was said stays as it was said; a window can only be taken back, once."""
    for table in FINAL:
        op.execute(f"""
            CREATE TRIGGER {table}_are_final BEFORE UPDATE OR DELETE ON sla.{table}
            FOR EACH ROW EXECUTE FUNCTION sla.refuse_change()
        """)
    op.execute("""
        CREATE TRIGGER announced_windows_are_final
        BEFORE DELETE OR UPDATE OF maintenance_id, announcement_id, window_from, window_to, recorded_at
        ON sla.maintenance_windows FOR EACH ROW EXECUTE FUNCTION sla.refuse_change()
    """)
    op.execute("""
        CREATE TRIGGER windows_taken_back_are_final BEFORE UPDATE ON sla.maintenance_windows
        FOR EACH ROW WHEN (OLD.withdrawn_at IS NOT NULL) EXECUTE FUNCTION sla.refuse_change()
    """)
    op.execute("""
        CREATE TRIGGER ended_maintenance_is_final BEFORE DELETE OR UPDATE OF started_at, ended_at ON sla.maintenances
        FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION sla.refuse_change()
    """)
    op.execute("""
        CREATE TRIGGER what_is_waived_is_final
        BEFORE DELETE OR UPDATE OF agreement_id, objective_ids, window_from, window_to, requested_by, requested_at
        ON sla.waivers FOR EACH ROW EXECUTE FUNCTION sla.refuse_change()
    """)
    op.execute("""
        CREATE TRIGGER granted_waivers_are_final BEFORE UPDATE OF granted_at ON sla.waivers
        FOR EACH ROW WHEN (OLD.granted_at IS NOT NULL AND NEW.granted_at IS DISTINCT FROM OLD.granted_at)
        EXECUTE FUNCTION sla.refuse_change()
    """)


def downgrade() -> None:
    for table in (
        "waiver_approvals",
        "waivers",
        "maintenance_decisions",
        "maintenance_windows",
        "maintenance_announcements",
        "maintenance_targets",
        "maintenances",
    ):
        op.drop_table(table, schema="sla")
