"""The question bank: read from YAML, checked, rendered with a seed, drawn into plans."""
