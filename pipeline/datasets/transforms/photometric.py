"""Photometric augmentation, which does not change polygons."""

from __future__ import annotations

import cv2
import numpy as np
from mmcv.transforms.utils import cache_randomness

from pipeline.datasets.transforms.random_transform import RandomTransform
from pipeline.registry import TRANSFORMS


@TRANSFORMS.register_module()
class RandomPhotometric(RandomTransform):
    """Randomly change brightness, contrast, colour balance, blur, noise and JPEG quality.

    Each change is drawn independently, so most images get one or two. All changes use one look-up
    table or one OpenCV call and take about a millisecond at 512 px.

    Required Keys:
        - img

    Modified Keys:
        - img

    Args:
        light_prob: Probability of a change of brightness, contrast, gamma and colour balance.
        blur_prob: Probability of Gaussian blur with sigma up to ``max_blur_sigma_px``.
        max_blur_sigma_px: Maximum sigma of the blur, in pixels.
        noise_prob: Probability of Gaussian noise with sigma up to ``max_noise``.
        max_noise: Maximum sigma of the noise, in gray levels.
        gray_prob: Probability of conversion to gray.
        jpeg_prob: Probability of JPEG compression at quality 30..90.
        invert_prob: Probability of inverting the image.
        seed: Random seed; see :class:`RandomTransform`.
    """

    def __init__(
        self,
        light_prob: float = 0.7,
        blur_prob: float = 0.15,
        max_blur_sigma_px: float = 1.5,
        noise_prob: float = 0.15,
        max_noise: float = 15.0,
        gray_prob: float = 0.05,
        jpeg_prob: float = 0.1,
        invert_prob: float = 0.05,
        seed: int | None = None,
    ) -> None:
        super().__init__(seed)
        self.light_prob = light_prob
        self.blur_prob = blur_prob
        self.max_blur_sigma_px = max_blur_sigma_px
        self.noise_prob = noise_prob
        self.max_noise = max_noise
        self.gray_prob = gray_prob
        self.jpeg_prob = jpeg_prob
        self.invert_prob = invert_prob

    @cache_randomness
    def _draw(self) -> dict:
        rng, rand = self.rng, self.rng.random
        return dict(
            light=rand() < self.light_prob,
            contrast=rng.uniform(0.6, 1.4),
            brightness=rng.uniform(-40, 40),
            gamma=np.exp(rng.uniform(-0.4, 0.4)),
            balance=rng.uniform(0.85, 1.15, size=3),
            blur_sigma=rand() * self.max_blur_sigma_px if rand() < self.blur_prob else 0.0,
            noise=rand() * self.max_noise if rand() < self.noise_prob else 0.0,
            gray=rand() < self.gray_prob,
            jpeg_quality=int(rng.integers(30, 91)) if rand() < self.jpeg_prob else 0,
            invert=rand() < self.invert_prob,
            seed=int(rng.integers(2**31)),
        )

    def transform(self, results: dict) -> dict:
        """Apply the drawn changes to ``results['img']``."""
        image, draw = results['img'], self._draw()
        if draw['light']:
            levels = np.arange(256, dtype=np.float32)[:, None] * draw['balance']
            levels = (levels - 128) * draw['contrast'] + 128 + draw['brightness']
            levels = 255 * (np.clip(levels, 0, 255) / 255) ** draw['gamma']
            image = cv2.LUT(image, levels.astype(np.uint8)[None])
        if draw['gray']:
            image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        if draw['invert']:
            image = 255 - image
        if draw['blur_sigma'] > 0.2:
            image = cv2.GaussianBlur(image, (0, 0), draw['blur_sigma'])
        if draw['noise'] > 1:
            # Luminance noise at half resolution resembles sensor noise and costs a quarter.
            rng = np.random.default_rng(draw['seed'])
            height, width = image.shape[:2]
            noise = rng.normal(0, draw['noise'], ((height + 1) // 2, (width + 1) // 2))
            grain = cv2.resize(noise.astype(np.float32), (width, height))
            image = np.clip(image + grain[..., None], 0, 255).astype(np.uint8)
        if draw['jpeg_quality']:
            ok, data = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, draw['jpeg_quality']])
            if ok:
                image = cv2.imdecode(data, cv2.IMREAD_COLOR)
        results['img'] = image
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(light_prob={self.light_prob}, blur_prob={self.blur_prob})'
