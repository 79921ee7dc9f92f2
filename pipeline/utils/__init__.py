"""Files, devices and checkpoints."""
