"""Random reduction of a crop's resolution."""

from __future__ import annotations

import cv2
import numpy as np
from mmcv.transforms.utils import cache_randomness

from pipeline.datasets.transforms.random_transform import RandomTransform
from pipeline.registry import TRANSFORMS


@TRANSFORMS.register_module()
class RandomDownscale(RandomTransform):
    """Shrink a word crop and enlarge it to its size again, to imitate small or foreshortened words.

    Height and width shrink independently: a sign at a steep angle keeps its height and loses
    width.

    Required Keys:
        - img

    Modified Keys:
        - img

    Args:
        prob: Probability of shrinking.
        min_height: Minimum height as a share of the crop's height; drawn log-uniformly up to 1.
        min_width: Minimum width as a share of the crop's width; drawn log-uniformly up to 1.
        seed: Random seed; see :class:`RandomTransform`.

    Raises:
        ValueError: If a share is not above 0 and at most 1.
    """

    def __init__(
        self,
        prob: float = 0.3,
        min_height: float = 0.25,
        min_width: float = 0.25,
        seed: int | None = None,
    ) -> None:
        super().__init__(seed)
        for name, share in (('min_height', min_height), ('min_width', min_width)):
            if not 0 < share <= 1:
                raise ValueError(f'{name} must be above 0 and at most 1, got {share}')
        self.prob = prob
        self.min_height = min_height
        self.min_width = min_width

    @cache_randomness
    def _draw(self) -> tuple[float, float] | None:
        if self.rng.random() >= self.prob:
            return None
        low = np.log([self.min_height, self.min_width])
        height, width = np.exp(self.rng.uniform(low, 0.0))
        return float(height), float(width)

    def transform(self, results: dict) -> dict:
        """Shrink ``results['img']`` and enlarge it again."""
        draw = self._draw()
        if draw is None:
            return results
        height, width = results['img'].shape[:2]
        small = max(1, round(width * draw[1])), max(1, round(height * draw[0]))
        shrunk = cv2.resize(results['img'], small, interpolation=cv2.INTER_AREA)
        results['img'] = cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR)
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(prob={self.prob}, min_height={self.min_height}, '
            f'min_width={self.min_width})'
        )
