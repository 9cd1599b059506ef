"""Schema migrations, oldest first; run by `store.migrate`."""
