"""Gradings of answers that were written elsewhere: one row, a stream of rows, provider batch files."""
