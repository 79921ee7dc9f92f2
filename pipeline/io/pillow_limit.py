"""Pillow's process-wide limit of pixels, disabled while images are opened."""

from __future__ import annotations

import threading
from typing import Any

from PIL import Image


class _PillowLimit:
    """Context manager that disables Pillow's process-wide pixel limit; ``max_pixels`` replaces it.

    The limit is disabled while any thread is in the context. The last thread restores it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before: int | None = None

    def __enter__(self) -> None:
        module: Any = Image
        with self._lock:
            if not self._users:
                self._before, module.MAX_IMAGE_PIXELS = module.MAX_IMAGE_PIXELS, None
            self._users += 1

    def __exit__(self, *_: object) -> None:
        module: Any = Image
        with self._lock:
            self._users -= 1
            if not self._users:
                module.MAX_IMAGE_PIXELS = self._before


no_pillow_limit = _PillowLimit()
