"""From an answer to a score: numbers by code, points by a judge, evidence and caps by code again."""
