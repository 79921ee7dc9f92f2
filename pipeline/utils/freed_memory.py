"""Freed memory that the C library keeps."""

from __future__ import annotations

import contextlib
import ctypes
import sys


def release_freed_memory() -> None:
    """Return freed memory to the system. Does nothing without glibc."""
    if sys.platform == 'linux':
        with contextlib.suppress(AttributeError, OSError):  # other C libraries of Linux
            ctypes.CDLL(None).malloc_trim(0)
