"""What unions set for themselves, and which union each act on a submission counted for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "union_plans",
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("union_code", sa.String(length=20), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "union_code", name=op.f("pk_union_plans")),
    )
    op.create_table(
        "sub_units",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("union_code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sub_units")),
        sa.UniqueConstraint(
            "campaign", "union_code", "name", name=op.f("uq_sub_units_campaign_union_code_name")
        ),
    )
    # Written out, since Alembic would build the table anew on SQLite, which lets nobody drop a table that
    # answers and files lean on.
    op.execute(
        "ALTER TABLE submissions ADD COLUMN sub_unit_id INTEGER "
        "CONSTRAINT fk_submissions_sub_unit_id_sub_units REFERENCES sub_units (id)"
    )
    op.add_column("audit", sa.Column("union_code", sa.String(length=20), nullable=True))
    audit, submissions = (
        sa.table("audit", *_columns("submission_id")),
        sa.table("submissions", *_columns("id")),
    )
    counted_for = sa.select(submissions.c.union_code).where(submissions.c.id == audit.c.submission_id)
    op.execute(audit.update().values(union_code=counted_for.scalar_subquery()))


def _columns(key: str) -> list[sa.ColumnClause[object]]:
    return [sa.column(key, sa.Integer()), sa.column("union_code", sa.String())]


def downgrade() -> None:
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_column("union_code")
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_column("sub_unit_id")
    op.drop_table("sub_units")
    op.drop_table("union_plans")
