"""HTTP: callbacks, the simulator, health."""
