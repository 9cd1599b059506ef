"""Simulated candidates and graded data against the whole system."""
