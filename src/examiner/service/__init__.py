"""The wiring: clock, ids and chance are made here, and decisions are put into effect."""
