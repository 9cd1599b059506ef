"""A judge earns its scores here, or does not: policies, the gate, what may be released."""
