"""Conversion of pixels to 8-bit BGR: gray, palette, alpha, CMYK, 16-bit, 1-bit, float."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

_BRIGHT = 160  # Mean luminance of the visible pixels above which the background is black.
_LEAST_CONTRAST = 64  # Letters closer to the background in luminance count as hidden.
_MOST_HIDDEN = 0.2  # Share of visible pixels that a white or black background may hide.


def pillow_to_bgr(image: Image.Image) -> np.ndarray:
    """Convert a Pillow image of any mode to (H, W, 3) uint8 BGR.

    Transparent parts are filled with the background of :func:`over_background`.
    """
    if image.mode in ('I', 'F') or image.mode.startswith('I;'):
        return cv2.cvtColor(_to_bytes(np.asarray(image)), cv2.COLOR_GRAY2BGR)
    if image.has_transparency_data or image.mode in ('La', 'RGBa'):
        # Pillow converts premultiplied alpha only to straight alpha of the same color space.
        image = image.convert({'La': 'LA'}.get(image.mode, 'RGBA')).convert('RGBA')
        return over_background(cv2.cvtColor(np.asarray(image), cv2.COLOR_RGBA2BGRA))
    if image.mode == 'CMYK':
        image = _cmyk_to_rgb(image)
    if image.mode != 'RGB':  # convert() always copies
        image = image.convert('RGB')
    return cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2BGR)


def array_to_bgr(array: np.ndarray) -> np.ndarray:
    """Convert an array to a new (H, W, 3) uint8 BGR array.

    Args:
        array: (H, W), (H, W, 1) gray, (H, W, 3) BGR or (H, W, 4) BGRA; uint8, uint16
            (65535 is white) or bool. Transparent parts are filled with the background of
            :func:`over_background`.

    Raises:
        ValueError: If the shape or dtype is not supported. Floats are not, because their scale
            is ambiguous (0..1 or 0..255).
    """
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or 0 in array.shape:
        raise ValueError(
            f'an image array must be (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), got {array.shape}'
        )
    if array.dtype not in (np.uint8, np.uint16, np.bool_):
        raise ValueError(
            f'an image array must be uint8, uint16 or bool, got {array.dtype}: '
            f'scale it to 0..255 and convert it with .astype(np.uint8)'
        )
    pixels = np.ascontiguousarray(_to_bytes(array))
    if pixels.shape[2] == 1:
        return cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    if pixels.shape[2] == 4:
        return over_background(pixels)
    return pixels.copy()


def _to_bytes(array: np.ndarray) -> np.ndarray:
    """Scale to uint8 so that the dtype's white becomes 255."""
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * 255
    values = np.nan_to_num(array.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    highest = float(values.max())
    if array.dtype.kind == 'f':
        white = 1.0 if highest <= 1.0 else 255.0 if highest <= 255.0 else highest
    else:  # 32-bit files usually contain 16-bit images.
        white = 65535.0 if highest <= 65535.0 else highest
    return np.clip(values * (255.0 / white) + 0.5, 0, 255).astype(np.uint8)


def over_background(bgra: np.ndarray) -> np.ndarray:
    """Composite over a background that contrasts with the visible pixels.

    The background is white, or black if the visible pixels are bright on average. It is gray if
    that background would hide a large share of the visible pixels, as for black and white words
    in one image. Opaque pixels keep their values.

    Args:
        bgra: (H, W, 4) uint8, with straight alpha.

    Returns:
        (H, W, 3) uint8 BGR.
    """
    background = _contrasting_gray(bgra)
    alpha = bgra[..., 3:].astype(np.uint16)
    # At most 255 * 255, which fits uint16.
    mixed = bgra[..., :3] * alpha + background * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)


def _contrasting_gray(bgra: np.ndarray) -> int:
    """Gray value of the background for :func:`over_background`."""
    # Number of pixels per luminance. Translucent pixels count in proportion to their alpha.
    visible = np.zeros(256)
    for top in range(0, len(bgra), 256):  # Strips, because bincount converts to 64 bits.
        strip = bgra[top : top + 256]
        luminance = cv2.cvtColor(strip, cv2.COLOR_BGRA2GRAY)
        visible += np.bincount(luminance.ravel(), strip[..., 3].ravel(), minlength=256)
    total = visible.sum()
    levels = np.arange(256)
    background = 0 if visible @ levels > _BRIGHT * total else 255
    hidden = visible[np.abs(levels - background) < _LEAST_CONTRAST].sum()
    return 128 if hidden > _MOST_HIDDEN * total else background


def _cmyk_to_rgb(image: Image.Image) -> Image.Image:
    """Convert with the image's ICC profile if available; the plain formula distorts colors."""
    profile = image.info.get('icc_profile')
    if profile:
        from PIL import ImageCms  # for few images

        try:
            inks = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            screen = ImageCms.createProfile('sRGB')
            converted = ImageCms.profileToProfile(image, inks, screen, outputMode='RGB')
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return image.convert('RGB')
