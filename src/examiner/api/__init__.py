"""The HTTP door: parses, calls the service, and lets out only what `wire.py` names."""
