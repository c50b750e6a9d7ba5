"""The rules of the notice as pure functions."""
