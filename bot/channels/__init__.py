"""The channels that people write through, one module each."""
