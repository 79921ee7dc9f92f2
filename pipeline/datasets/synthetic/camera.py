"""The camera model: illumination, tone, blur, noise and JPEG compression."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Camera:
    """Parameters of one camera.

    Attributes:
        light: (r, c) float32 gains on a coarse grid, or None.
        gains: Colour gains, BGR.
        gamma: Exponent of the tone curve.
        blur_px: Standard deviation of the defocus blur.
        motion: (length in pixels, direction in radians) of linear motion blur; length 0 for none.
        shrink: Factor by which the image is downsampled and upsampled again; 1 for none.
        noise: Standard deviation of the sensor noise, in gray levels.
        quality: JPEG quality; 0 for no compression.
    """

    light: np.ndarray | None
    gains: tuple[float, float, float]
    gamma: float
    blur_px: float
    motion: tuple[float, float]
    shrink: float
    noise: float
    quality: int

    @property
    def spread_px(self) -> float:
        """Standard deviation of all blurs combined, in the direction of the strongest blur."""
        motion = self.motion[0] / np.sqrt(12)
        sampling = 0.4 / self.shrink if self.shrink < 1 else 0.0
        return float(np.sqrt(self.blur_px**2 + motion**2 + sampling**2))

    def expose(self, image: np.ndarray) -> np.ndarray:
        """Apply illumination, tone and blur, which do not depend on per-pixel randomness."""
        if self.light is not None:
            field = cv2.resize(self.light, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
            image = np.asarray(cv2.multiply(image, cv2.merge([field] * 3), dtype=cv2.CV_8U))
        levels = np.arange(256) / 255
        table = np.stack(
            [np.clip(255 * gain * levels**self.gamma, 0, 255) for gain in self.gains], axis=1
        )
        image = cv2.LUT(image, table.round().astype(np.uint8).reshape(1, 256, 3))
        if self.shrink < 1:
            height, width = image.shape[:2]
            small = cv2.resize(
                image,
                (round(width * self.shrink), round(height * self.shrink)),
                interpolation=cv2.INTER_AREA,
            )
            image = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
        if self.blur_px > 0:
            image = cv2.GaussianBlur(image, (0, 0), self.blur_px)
        if self.motion[0] > 0:
            image = cv2.filter2D(image, -1, motion_kernel(*self.motion))
        return image

    def record(self, rng: np.random.Generator, image: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Add noise from a larger tile (mean 128, standard deviation 32) and compress."""
        height, width = image.shape[:2]
        if self.noise > 0:
            y = int(rng.integers(noise.shape[0] - height + 1))
            x = int(rng.integers(noise.shape[1] - width + 1))
            amount = self.noise / 32
            image = cv2.addWeighted(
                image, 1.0, noise[y : y + height, x : x + width], amount, -128 * amount
            )
        if self.quality:
            _, code = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
            image = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR))
        return image


def draw_camera(rng: np.random.Generator) -> Camera:
    """Draw a camera. Most cameras are good, some are poor."""
    light = None
    if rng.random() < 0.5:
        strength = rng.uniform(0.05, 0.5)
        light = (1 + strength * rng.uniform(-1, 0.6, (3, 3))).astype(np.float32)
    tint = rng.uniform(-0.12, 0.12, 3) if rng.random() < 0.5 else np.zeros(3)
    exposure = rng.uniform(0.7, 1.2)
    gains = exposure * (1 + tint)
    return Camera(
        light=light,
        gains=(float(gains[0]), float(gains[1]), float(gains[2])),
        gamma=float(np.exp(rng.uniform(-0.35, 0.35))) if rng.random() < 0.6 else 1.0,
        blur_px=float(np.exp(rng.uniform(np.log(0.4), np.log(2.2)))) if rng.random() < 0.6 else 0.0,
        motion=(
            (float(rng.uniform(2, 10)), float(rng.uniform(0, np.pi)))
            if rng.random() < 0.12
            else (0.0, 0.0)
        ),
        shrink=float(rng.uniform(0.4, 0.9)) if rng.random() < 0.2 else 1.0,
        noise=float(rng.uniform(1, 14)) if rng.random() < 0.65 else 0.0,
        quality=int(rng.integers(25, 96)) if rng.random() < 0.6 else 0,
    )


def motion_kernel(length_px: float, angle: float) -> np.ndarray:
    """Line kernel of the given length and direction, with sum 1."""
    reach = int(np.ceil(length_px / 2))
    size = 2 * reach + 1
    kernel = np.zeros((size, size), np.float32)
    dx, dy = np.cos(angle) * length_px / 2, np.sin(angle) * length_px / 2
    fraction = 16  # cv2.line's fixed-point coordinates
    ends = [
        (round((reach + s * dx) * fraction), round((reach + s * dy) * fraction)) for s in (-1, 1)
    ]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_8, shift=4)
    return kernel / max(kernel.sum(), 1e-6)


def noise_tile(size: tuple[int, int]) -> np.ndarray:
    """Gaussian noise with mean 128 and standard deviation 32, (h, w, 3) uint8; always the same."""
    noise = np.random.default_rng(0).normal(128, 32, (*size, 3))
    return np.clip(noise, 0, 255).round().astype(np.uint8)
