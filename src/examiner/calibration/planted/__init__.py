"""Judges with one known fault each: the test of the probes, and which probe sees which fault."""
