"""What all image towers have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import Tensor


class ImageTower(ABC):
    """Reads scene tokens off an image tower of open_clip.

    The first token speaks of the whole photo: it is what the tower itself pools to, before the
    projection to CLIP's joint space. That is the class token wherever the tower pools by one.
    The patch grid follows, row by row, behind the tower's final norm.

    The tower's module keeps open_clip's own names, and is no child of any other module.

    Args:
        module: ``model.visual`` of an open_clip model.
    """

    embed_dim: int  # C, width of the tokens
    image_size: tuple[int, int]  # (height, width) of the input, in pixels

    def __init__(self, module: Any) -> None:
        self.module = module

    @property
    @abstractmethod
    def grid_size(self) -> tuple[int, int]:
        """(height, width) of the patch grid."""

    @abstractmethod
    def encode(self, pixels: Tensor) -> Tensor:
        """Scene tokens of photos.

        Args:
            pixels: (I, 3, height, width), normalized, of the tower's ``image_size``.

        Returns:
            (I, 1 + grid height * grid width, C).
        """

    @abstractmethod
    def set_image_size(self, image_size: tuple[int, int]) -> None:
        """Take another input: positional embeddings are interpolated.

        Raises:
            ValueError: If the tower cannot take it.
        """

    @abstractmethod
    def drop_projection(self) -> None:
        """Leave out the weights that scene tokens do not need: those of the joint space."""

    def load(self, state: Mapping[str, Tensor], image_size: tuple[int, int] | None) -> None:
        """Take weights, and then another input where ``image_size`` is given.

        Raises:
            RuntimeError: If a name or a shape differs.
            ValueError: If the tower cannot take the input.
        """
        self.module.load_state_dict(state, strict=True, assign=True)
        if image_size is not None:
            self.set_image_size(image_size)


def check_multiple(image_size: tuple[int, int], step: int) -> None:
    """Refuse an input that the tower would silently cut off at its edge."""
    if any(side < step or side % step for side in image_size):
        raise ValueError(
            f'image_size must be (height, width) in multiples of the {step} px patches of the '
            f'tower, got {image_size}.'
        )
