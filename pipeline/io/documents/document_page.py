"""One page of a document."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.layout import Page


@dataclass(frozen=True, eq=False)
class DocumentPage:
    """A read image as a page of a document.

    Args:
        page: Words of the image.
        image_name: File, URL or page of the image, as it is named in the document.
        image: (H, W, 3) uint8 BGR, which only PDF files require.

    Raises:
        ValueError: If the image and the page have different sizes.
    """

    page: Page
    image_name: str
    image: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.image is not None and tuple(self.image.shape[:2]) != tuple(self.page.size):
            raise ValueError(
                f'the image and its page must have one size (height, width), got '
                f'{tuple(self.image.shape[:2])} and {tuple(self.page.size)}.'
            )
