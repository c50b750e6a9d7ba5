"""The outside: network, clock, process and pictures around the handlers."""
