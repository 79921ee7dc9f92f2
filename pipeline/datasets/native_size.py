"""The size that images had before a data set stored them with another aspect."""

from __future__ import annotations

import warnings

MAX_STRETCH = 1.2
"""Maximum change of the aspect. Copies of ICDAR 2015 with 960 x 640 pixels require 1.19."""


class NativeSize:
    """Scale from the stored size of images to their native size.

    An image whose aspect would change by more than ``MAX_STRETCH`` is not a stretched copy, so it
    keeps its stored size. A warning names the first such image.

    Args:
        size: (height, width) of the images before they were stored stretched. None keeps the stored
            size of all images.
    """

    def __init__(self, size: tuple[int, int] | None) -> None:
        self.size = None if size is None else (size[0], size[1])
        self._warned = False

    def scale(self, shape: tuple[int, int], path: str | None) -> tuple[float, float] | None:
        """Scale of one image.

        Args:
            shape: (height, width) of the stored image.
            path: Path of the image, for the warning.

        Returns:
            (x, y) factors, or None if the image keeps its stored size.
        """
        if self.size is None:
            return None
        scale = self.size[1] / shape[1], self.size[0] / shape[0]
        stretch = max(scale) / min(scale)
        if stretch <= MAX_STRETCH:
            return scale
        if not self._warned:
            self._warned = True
            warnings.warn(
                f'{path or "an image"} is {shape[1]}x{shape[0]}: native_size '
                f'{self.size[1]}x{self.size[0]} would change its aspect by {stretch:.2f}, more '
                f'than {MAX_STRETCH}. Such images keep their stored size. Set native_size=None '
                'for images that are not stored stretched.',
                stacklevel=2,
            )
        return None
