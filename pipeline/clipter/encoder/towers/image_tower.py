"""Base class of the image towers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import Tensor


class ImageTower(ABC):
    """Reads scene tokens from an image tower of open_clip.

    The first token describes the whole image. It is the tower's own pooled vector before the
    projection to CLIP's joint space: the class token if the tower has one. The patch grid follows,
    row by row, after the tower's final norm.

    The open_clip module keeps its parameter names. It is not registered as a child of another
    module.

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
        """Encode images to scene tokens.

        Args:
            pixels: (I, 3, height, width), normalized, of the tower's ``image_size``.

        Returns:
            (I, 1 + grid height * grid width, C).
        """

    @abstractmethod
    def set_image_size(self, image_size: tuple[int, int]) -> None:
        """Change the input size; positional embeddings are interpolated.

        Raises:
            ValueError: If the tower does not support the size.
        """

    @abstractmethod
    def drop_projection(self) -> None:
        """Drop the weights of the projection to the joint space, which scene tokens do not need."""

    def fold_norms(self) -> None:  # noqa: B027  most towers have no batch norms
        """Fold batch norms into convolutions, for speed; this changes the names of the weights."""

    def load(self, state: Mapping[str, Tensor], image_size: tuple[int, int] | None) -> None:
        """Load weights, and change the input size if ``image_size`` is given.

        Raises:
            RuntimeError: If a name or a shape of the weights differs.
            ValueError: If the tower does not support the input size.
        """
        self.module.load_state_dict(state, strict=True, assign=True)
        if image_size is not None:
            self.set_image_size(image_size)


def check_multiple(image_size: tuple[int, int], step: tuple[int, int]) -> None:
    """Check that an input size is a multiple of ``step``; the tower would crop other sizes.

    Args:
        image_size: (height, width) in pixels.
        step: (height, width) of a patch in pixels.
    """
    if any(side < each or side % each for side, each in zip(image_size, step)):
        patch = f'{step[0]}' if step[0] == step[1] else f'{step[0]} x {step[1]}'
        raise ValueError(
            f'image_size must be (height, width) in multiples of the {patch} px patches of the '
            f'tower, got {image_size}.'
        )
