"""Data sets, their converters, transforms and the synthetic scenes."""

from pipeline.datasets import transforms as _transforms  # noqa: F401
