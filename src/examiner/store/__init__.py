"""The durable store: an append-only, hash-chained event log; drafts and judgements beside it."""
