"""Helpers for files, devices and checkpoints."""
