"""The one base class of all values that cross rooms."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value: immutable, no unknown fields, hashable where its fields are."""

    model_config = ConfigDict(frozen=True, extra="forbid")
