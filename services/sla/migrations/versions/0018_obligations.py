"""Obligations that recur, with a fulfilment and a reminder for each time they are due."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OBLIGATIONS = "contract_obligations"


def of_obligation(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["obligation_id"],
            ["sla.contract_obligations.id"],
            name=op.f(f"fk_{table}_obligation_id_contract_obligations"),
        ),
        sa.UniqueConstraint("obligation_id", "due_on", name=op.f(f"uq_{table}_obligation_id_due_on")),
    ]


def upgrade() -> None:
    op.create_table(
        "contract_fulfilments",
        *of_obligation("contract_fulfilments"),
        sa.Column("fulfilled_on", sa.Date(), nullable=False),
        sa.Column("fulfilled_by", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        schema="sla",
    )
    op.create_table(
        "contract_obligation_reminders",
        *of_obligation("contract_obligation_reminders"),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        schema="sla",
    )
    op.execute("""
        INSERT INTO sla.contract_fulfilments (id, obligation_id, due_on, fulfilled_on, fulfilled_by, evidence)
        SELECT id, id, due_on, fulfilled_on, coalesce(fulfilled_by, ''), evidence
        FROM sla.contract_obligations WHERE fulfilled_on IS NOT NULL
    """)
    op.execute("DROP TRIGGER fulfilled_obligations_are_final ON sla.contract_obligations")
    op.execute("""
        CREATE TRIGGER fulfilments_are_final BEFORE UPDATE OR DELETE ON sla.contract_fulfilments
        FOR EACH ROW EXECUTE FUNCTION sla.refuse_change()
    """)
    op.drop_constraint(op.f("ck_contract_obligations_fulfilled_with_evidence"), OBLIGATIONS, schema="sla")
    for column in ("fulfilled_on", "fulfilled_by", "evidence"):
        op.drop_column(OBLIGATIONS, column, schema="sla")
    op.add_column(OBLIGATIONS, sa.Column("every_months", sa.Integer(), nullable=True), schema="sla")
    op.add_column(OBLIGATIONS, sa.Column("every_days", sa.Integer(), nullable=True), schema="sla")
    op.add_column(OBLIGATIONS, sa.Column("until", sa.Date(), nullable=True), schema="sla")
    op.add_column(OBLIGATIONS, sa.Column("remind_days", sa.Integer(), nullable=False, server_default="7"), schema="sla")
    op.alter_column(OBLIGATIONS, "remind_days", server_default=None, schema="sla")
    op.create_check_constraint(
        op.f("ck_contract_obligations_one_unit"),
        OBLIGATIONS,
        "every_months IS NULL OR every_days IS NULL",
        schema="sla",
    )
    op.create_check_constraint(
        op.f("ck_contract_obligations_until_after_due"), OBLIGATIONS, "until IS NULL OR until >= due_on", schema="sla"
    )


def downgrade() -> None:
    for constraint in ("one_unit", "until_after_due"):
        op.drop_constraint(op.f(f"ck_contract_obligations_{constraint}"), OBLIGATIONS, schema="sla")
    for column in ("every_months", "every_days", "until", "remind_days"):
        op.drop_column(OBLIGATIONS, column, schema="sla")
    op.add_column(OBLIGATIONS, sa.Column("fulfilled_on", sa.Date(), nullable=True), schema="sla")
    op.add_column(OBLIGATIONS, sa.Column("fulfilled_by", sa.Text(), nullable=True), schema="sla")
    op.add_column(OBLIGATIONS, sa.Column("evidence", sa.Text(), nullable=True), schema="sla")
    op.execute("""
        UPDATE sla.contract_obligations SET (fulfilled_on, fulfilled_by, evidence) = (
            SELECT fulfilled_on, fulfilled_by, evidence FROM sla.contract_fulfilments
            WHERE obligation_id = contract_obligations.id AND due_on = contract_obligations.due_on
        )
    """)
    op.create_check_constraint(
        op.f("ck_contract_obligations_fulfilled_with_evidence"),
        OBLIGATIONS,
        "(fulfilled_on IS NULL) = (evidence IS NULL)",
        schema="sla",
    )
    op.execute("""
        CREATE TRIGGER fulfilled_obligations_are_final BEFORE UPDATE OR DELETE ON sla.contract_obligations
        FOR EACH ROW WHEN (OLD.fulfilled_on IS NOT NULL) EXECUTE FUNCTION sla.refuse_change()
    """)
    op.drop_table("contract_obligation_reminders", schema="sla")
    op.drop_table("contract_fulfilments", schema="sla")
