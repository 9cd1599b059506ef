"""Candidates and what people decide about them: reviews, human grades, appeals, decisions, feedback, erasure."""
