"""Answers of known worth, changed so that a score must hold or move: the changes, the relations, and their run on a judge."""
