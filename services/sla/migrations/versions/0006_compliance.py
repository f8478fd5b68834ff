"""What statements carry beyond their first form: signatures and their keys, and how far their evidence reaches."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _corrections()
    _keys()
    _statements()
    op.create_table(
        "budget_alerts",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("objective_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_budget_alerts_agreement_id_agreements")
        ),
        sa.PrimaryKeyConstraint("agreement_id", "objective_id", "rule", name=op.f("pk_budget_alerts")),
        schema="sla",
    )


def _corrections() -> None:
    op.create_table(
        "corrections_due",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("window_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("window_from < window_to", name=op.f("ck_corrections_due_window_forwards")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_corrections_due_agreement_id_agreements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections_due")),
        schema="sla",
    )
    op.create_index(op.f("ix_corrections_due_agreement_id"), "corrections_due", ["agreement_id"], schema="sla")


def _keys() -> None:
    op.create_table(
        "statement_keys",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_keys")),
        sa.UniqueConstraint("kid", name=op.f("uq_statement_keys_kid")),
        schema="sla",
    )
    op.create_index(
        "uq_statement_keys_in_use",
        "statement_keys",
        [sa.text("(true)")],
        unique=True,
        schema="sla",
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "statement_secrets",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kid"], ["sla.statement_keys.kid"], name=op.f("fk_statement_secrets_kid_statement_keys")
        ),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_statement_secrets")),
        schema="sla",
    )


def _statements() -> None:
    op.add_column("statements", sa.Column("evidence_from", sa.DateTime(timezone=True), nullable=False), schema="sla")
    op.add_column("statements", sa.Column("kid", sa.Text(), nullable=False), schema="sla")
    op.add_column("statements", sa.Column("signature", sa.Text(), nullable=False), schema="sla")
    op.create_check_constraint(
        op.f("ck_statements_evidence_reaches"), "statements", "evidence_from <= period_from", schema="sla"
    )
    op.create_foreign_key(
        op.f("fk_statements_kid_statement_keys"),
        "statements",
        "statement_keys",
        ["kid"],
        ["kid"],
        source_schema="sla",
        referent_schema="sla",
    )
    op.create_index(op.f("ix_statements_kid"), "statements", ["kid"], schema="sla")


def downgrade() -> None:
    op.drop_table("budget_alerts", schema="sla")
    for name in ("signature", "kid", "evidence_from"):
        op.drop_column("statements", name, schema="sla")
    op.drop_table("statement_secrets", schema="sla")
    op.drop_table("statement_keys", schema="sla")
    op.drop_table("corrections_due", schema="sla")
