"""Alembic's entry: runs the versions on the connection that the ledger hands over."""

from alembic import context

from examiner.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
