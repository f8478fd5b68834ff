"""Surveys, invitations, and answers as counts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from common.database.machinery_ddl import create_machinery_tables, drop_machinery_tables

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    create_machinery_tables("feedback")
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customers")),
        schema="feedback",
    )
    op.create_table(
        "members",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "person_id", name=op.f("pk_members")),
        schema="feedback",
    )
    op.create_table(
        "surveys",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column(
            "instrument",
            sa.Enum(
                "csat-5",
                "csat-3",
                name="instrumentname",
                native_enum=False,
                create_constraint=True,
                length=14,
                schema="feedback",
            ),
            nullable=False,
        ),
        sa.Column("scoring", sa.Text(), nullable=False),
        sa.Column("smallest_n", sa.Integer(), nullable=False),
        sa.Column(
            "release",
            sa.Enum(
                "steps",
                "closing",
                name="release",
                native_enum=False,
                create_constraint=True,
                length=15,
                schema="feedback",
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "open",
                "closed",
                name="surveystate",
                native_enum=False,
                create_constraint=True,
                length=14,
                schema="feedback",
            ),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_surveys_closed_at_when_closed")
        ),
        sa.CheckConstraint("(state = 'draft') = (opened_at IS NULL)", name=op.f("ck_surveys_opened_unless_draft")),
        sa.CheckConstraint("smallest_n >= 1", name=op.f("ck_surveys_smallest_n_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surveys")),
        schema="feedback",
    )
    op.create_table(
        "cohorts",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("invited", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("held", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("released", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("blocks", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("population >= invited", name=op.f("ck_cohorts_population_holds_invited")),
        sa.ForeignKeyConstraint(["survey_id"], ["feedback.surveys.id"], name=op.f("fk_cohorts_survey_id_surveys")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohorts")),
        sa.UniqueConstraint("survey_id", "customer_id", name=op.f("uq_cohorts_survey_id_customer_id")),
        schema="feedback",
    )
    op.create_index(op.f("ix_cohorts_customer_id"), "cohorts", ["customer_id"], unique=False, schema="feedback")
    op.create_table(
        "invitations",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["feedback.surveys.id"], name=op.f("fk_invitations_survey_id_surveys")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("survey_id", "person_id", name=op.f("uq_invitations_survey_id_person_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
        schema="feedback",
    )
    op.create_table(
        "responses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("scoring", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.CheckConstraint("block >= 0", name=op.f("ck_responses_block_not_negative")),
        sa.ForeignKeyConstraint(
            ["survey_id", "customer_id"],
            ["feedback.cohorts.survey_id", "feedback.cohorts.customer_id"],
            name=op.f("fk_responses_survey_id_cohorts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responses")),
        schema="feedback",
    )
    op.create_index(op.f("ix_responses_survey_id"), "responses", ["survey_id"], unique=False, schema="feedback")


def downgrade() -> None:
    op.drop_index(op.f("ix_responses_survey_id"), table_name="responses", schema="feedback")
    op.drop_table("responses", schema="feedback")
    op.drop_table("invitations", schema="feedback")
    op.drop_index(op.f("ix_cohorts_customer_id"), table_name="cohorts", schema="feedback")
    op.drop_table("cohorts", schema="feedback")
    op.drop_table("surveys", schema="feedback")
    op.drop_table("members", schema="feedback")
    op.drop_table("customers", schema="feedback")
    drop_machinery_tables("feedback")
