"""The photos of an evaluation: where their files are, and small copies of them for a page."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from pipeline.evaluation.image_names import image_key, plain_key
from pipeline.io.color import pillow_to_bgr
from pipeline.io.errors import MAX_PIXELS, ImageReadError, check_pixels
from pipeline.io.naming import natural_key

_SUFFIXES = ('.bmp', '.gif', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp')
_LONGEST_SIDE_PX = 1280
_JPEG_QUALITY = 78
_EXIF_ORIENTATION = 0x0112
_SIDES_SWAPPED = (5, 6, 7, 8)


@dataclass(frozen=True)
class PhotoPicture:
    """A photo to be shown under its polygons.

    Attributes:
        data_uri: A JPEG of at most 1280 pixels a side, without EXIF data.
        size: (height, width) of the file it was made from: the pixels that polygons count in.
        turned: Whether the EXIF orientation was applied.
    """

    data_uri: str
    size: tuple[int, int]
    turned: bool = False


def default_image_folder(gt_path: str | Path) -> Path:
    """Where photos are looked for if nobody says: ``images`` beside the ground truth, or with it.

    Args:
        gt_path: Folder or zip of ground truth.
    """
    gt_path = Path(gt_path).absolute()
    beside = gt_path.parent / 'images'
    if beside.is_dir():
        return beside
    return gt_path if gt_path.is_dir() else gt_path.parent


def find_photo_files(folder: str | Path, names: Iterable[str]) -> dict[str, Path]:
    """Find the photos of an evaluation.

    Args:
        folder: Its files are looked at, those in folders inside it are not.
        names: What the evaluation calls the photos; ``12`` is found as ``img_12.jpg``,
            ``img12.png`` or ``0012.jpg``, other names as they are.

    Returns:
        Photo name -> file, of those that are there.
    """
    folder = Path(folder)
    inside = sorted(folder.iterdir(), key=lambda p: natural_key(p.name)) if folder.is_dir() else []
    files: dict[str, Path] = {}
    for path in inside:
        if path.suffix.lower() in _SUFFIXES and path.is_file():
            files.setdefault(plain_key(image_key(path.stem)), path)
    found = {name: files.get(plain_key(name)) for name in names}
    return {name: path for name, path in found.items() if path is not None}


def encode_photo(path: str | Path, polygons: Sequence[np.ndarray] = ()) -> PhotoPicture:
    """Make a small copy of a photo, in the pixels that its polygons are drawn in.

    Ground truth counts in pixels as stored: an EXIF orientation is not applied, and is left out of
    the copy so that no browser applies it. The exception is a photo whose polygons do not fit in
    the stored picture but fit in the turned one.

    Args:
        path: The photo.
        polygons: Its gt polygons, (K, 2) pixels.

    Raises:
        ImageReadError: If it cannot be read, with the reason in one line.
    """
    path = Path(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # Pillow's word on large pictures; ours is below.
            image = Image.open(io.BytesIO(path.read_bytes()))
        width, height = image.size
        check_pixels(width, height, MAX_PIXELS, path.name)
        orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
        turned = orientation in _SIDES_SWAPPED and _fit_turned_only(polygons, width, height)
        image.draft('RGB', (_LONGEST_SIDE_PX, _LONGEST_SIDE_PX))  # a JPEG decodes smaller
        pixels = pillow_to_bgr(ImageOps.exif_transpose(image) if turned else image)
    except ImageReadError:
        raise
    except Exception as error:  # Pillow's readers raise what their parsers meet.
        raise ImageReadError(f'{path.name}: not an image that can be read ({error})') from error
    return PhotoPicture(
        data_uri='data:image/jpeg;base64,' + base64.b64encode(_to_jpeg(pixels)).decode('ascii'),
        size=(width, height) if turned else (height, width),
        turned=turned,
    )


def _fit_turned_only(polygons: Sequence[np.ndarray], width: int, height: int) -> bool:
    if not len(polygons):
        return False
    right, bottom = np.concatenate(list(polygons)).max(axis=0)
    return (right > width or bottom > height) and right <= height and bottom <= width


def _to_jpeg(pixels: np.ndarray) -> bytes:
    scale = _LONGEST_SIDE_PX / max(pixels.shape[:2])
    if scale < 1:
        height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode('.jpg', pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return encoded.tobytes()
