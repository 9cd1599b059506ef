"""Who may come in: tokens of candidates, keys and roles of staff, their browser sessions."""
