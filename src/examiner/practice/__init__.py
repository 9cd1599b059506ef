"""Practice: spaced repetition, the daily challenge, chains, drills, and what they say about the candidate. Pure."""
