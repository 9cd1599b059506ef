"""What a judge has earned on a criterion, and the signature under it."""
