"""Alembic's entry: runs the migrations on the connection that ``cyborg_rr.db.schema`` opened."""

from __future__ import annotations

from alembic import context

from cyborg_rr.db.tables import Table

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Table.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
