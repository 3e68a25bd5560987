"""The record: what happened, when it became public, and which figure of the model each series observes."""

from stackcast.history.observations import observations

__all__ = ["observations"]
