"""RandAugment with the operations that PARSeq uses in training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from mmcv.transforms.utils import cache_randomness
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from pipeline.datasets.transforms.random_transform import RandomTransform
from pipeline.registry import TRANSFORMS

_GRAY = (128, 128, 128)
Operation = Callable[[Image.Image, float, float, np.random.Generator], Image.Image]
"""(RGB image, strength in [0, 1], sign, generator) -> image, possibly of another size."""


def _enhance(enhancer: type) -> Operation:
    return lambda image, strength, sign, _: enhancer(image).enhance(
        max(0.1, 1 + 0.9 * sign * strength)
    )


def _affine(image: Image.Image, matrix: Sequence[float]) -> Image.Image:
    """Map output (x, y) to input (a x + b y + c, d x + e y + f)."""
    return image.transform(
        image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC, fillcolor=_GRAY
    )


def _rotate(image: Image.Image, strength: float, sign: float, _: Any) -> Image.Image:
    # The image grows, so that no character is cut off.
    return image.rotate(
        30 * sign * strength, Image.Resampling.BICUBIC, expand=True, fillcolor=_GRAY
    )


def _solarize_add(image: Image.Image, strength: float, *_: Any) -> Image.Image:
    added = min(128, int(110 * strength))
    return image.point(
        [min(255, level + added) if level < 128 else level for level in range(256)] * 3
    )


def _blur(image: Image.Image, strength: float, *_: Any) -> Image.Image:
    most = max(1.0, 0.02 * max(image.size))
    return image.filter(ImageFilter.GaussianBlur(round(min(4 * strength, most))))


def _poisson_noise(
    image: Image.Image, strength: float, _: float, rng: np.random.Generator
) -> Image.Image:
    most = max(1.0, 0.2 * max(image.size))
    levels = np.asarray(image, dtype=np.int16)
    noise = rng.poisson(round(min(40 * strength, most)), (*levels.shape[:2], 1))
    noise *= rng.choice((-1, 1), noise.shape)
    return Image.fromarray(np.clip(levels + noise, 0, 255).astype(np.uint8))


OPERATIONS: dict[str, Operation] = {
    'auto_contrast': lambda image, *_: ImageOps.autocontrast(image),
    'equalize': lambda image, *_: ImageOps.equalize(image),
    'invert': lambda image, *_: ImageOps.invert(image),
    'rotate': _rotate,
    'posterize': lambda image, strength, *_: ImageOps.posterize(image, 4 - int(4 * strength)),
    'solarize': lambda image, strength, *_: ImageOps.solarize(image, 256 - int(256 * strength)),
    'solarize_add': _solarize_add,
    'color': _enhance(ImageEnhance.Color),
    'contrast': _enhance(ImageEnhance.Contrast),
    'brightness': _enhance(ImageEnhance.Brightness),
    'shear_x': lambda image, strength, sign, _: _affine(
        image, (1, 0.9 * sign * strength, 0, 0, 1, 0)
    ),
    'shear_y': lambda image, strength, sign, _: _affine(
        image, (1, 0, 0, 0.2 * sign * strength, 1, 0)
    ),
    'translate_x': lambda image, strength, sign, _: _affine(
        image, (1, 0, 0.1 * sign * strength * image.width, 0, 1, 0)
    ),
    'translate_y': lambda image, strength, sign, _: _affine(
        image, (1, 0, 0, 0, 1, 0.3 * sign * strength * image.height)
    ),
    'gaussian_blur': _blur,
    'poisson_noise': _poisson_noise,
}
"""The operations of RandAugment, with blur and noise instead of sharpness."""


@TRANSFORMS.register_module()
class RandAugment(RandomTransform):
    """Apply random operations of one strength (Cubuk et al., CVPR Workshops 2020).

    Operations and their ranges are those that PARSeq uses for word crops (Bautista & Atienza,
    ECCV 2022): ``num_layers`` different operations are drawn, and each is applied with probability
    ``prob``. Apply it before crops are resized. A crop may grow.

    Required Keys:
        - img

    Modified Keys:
        - img
        - img_shape

    Args:
        num_layers: Number of operations drawn per crop.
        magnitude: Strength of the operations, 0 to 10.
        prob: Probability that a drawn operation is applied.
        operations: Names from ``OPERATIONS`` to draw from; None for all.
        seed: Random seed; see :class:`RandomTransform`.

    Raises:
        ValueError: If a name is unknown, if ``magnitude`` is out of range, or if there are fewer
            operations than ``num_layers``.
    """

    def __init__(
        self,
        num_layers: int = 3,
        magnitude: float = 5.0,
        prob: float = 0.5,
        operations: Sequence[str] | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(seed)
        names = list(OPERATIONS) if operations is None else list(operations)
        unknown = sorted(set(names) - set(OPERATIONS))
        if unknown:
            raise ValueError(f'unknown operations {unknown}, expected some of {list(OPERATIONS)}')
        if not 0 <= magnitude <= 10:
            raise ValueError(f'magnitude must be in [0, 10], got {magnitude}')
        if not 0 <= num_layers <= len(names):
            raise ValueError(f'num_layers={num_layers}, but there are {len(names)} operations')
        self.num_layers = num_layers
        self.magnitude = magnitude
        self.prob = prob
        self.operations = names

    @cache_randomness
    def _draw(self) -> list[tuple[str, float]]:
        """Names of the operations to apply, each with a sign."""
        drawn = self.rng.choice(self.operations, self.num_layers, replace=False)
        kept = self.rng.random(self.num_layers) < self.prob
        signs = self.rng.choice((-1.0, 1.0), self.num_layers)
        return [(str(name), float(sign)) for name, keep, sign in zip(drawn, kept, signs) if keep]

    def transform(self, results: dict) -> dict:
        """Apply the drawn operations to ``results['img']``, (H, W, 3) uint8 BGR."""
        drawn = self._draw()
        if drawn:
            image = Image.fromarray(np.ascontiguousarray(results['img'][..., ::-1]))
            for name, sign in drawn:
                image = OPERATIONS[name](image, self.magnitude / 10, sign, self.rng)
            results['img'] = np.ascontiguousarray(np.asarray(image)[..., ::-1])
            results['img_shape'] = results['img'].shape[:2]
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(num_layers={self.num_layers}, magnitude={self.magnitude}, '
            f'prob={self.prob})'
        )
