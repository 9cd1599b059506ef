"""How a sitting goes: a pure state machine, and the choice of follow-ups."""
