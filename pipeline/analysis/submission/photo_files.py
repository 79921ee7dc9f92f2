"""Image files of an evaluation, and small copies of them for a page."""

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
from pipeline.utils.natural_sort import natural_key

_SUFFIXES = ('.bmp', '.gif', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp')
_LONGEST_SIDE_PX = 1280
_JPEG_QUALITY = 78
_EXIF_ORIENTATION = 0x0112
_SIDES_SWAPPED = (5, 6, 7, 8)


@dataclass(frozen=True)
class PhotoPicture:
    """An image to show below its polygons.

    Attributes:
        data_uri: JPEG with sides of at most 1280 pixels, without EXIF data, as a data URI.
        size: (height, width) of the original file. Polygons are in its pixels.
        turned: Whether the EXIF orientation was applied.
    """

    data_uri: str
    size: tuple[int, int]
    turned: bool = False


def default_image_folder(gt_path: str | Path) -> Path:
    """Default folder of the images: ``images`` beside the ground truth or in its folder if one of
    them exists, or else the folder of the ground truth.

    Args:
        gt_path: Folder, zip or JSON file of ground truth.
    """
    gt_path = Path(gt_path).absolute()
    for folder in (gt_path.parent / 'images', gt_path / 'images'):
        if folder.is_dir():
            return folder
    return gt_path if gt_path.is_dir() else gt_path.parent


def find_photo_files(folder: str | Path, names: Iterable[str]) -> dict[str, Path]:
    """Find the image files of an evaluation.

    Args:
        folder: Folder of the files. Folders inside it are not searched.
        names: Image names of the evaluation. ``12`` matches ``img_12.jpg``, ``img12.png`` and
            ``0012.jpg``. Other names match files of the same stem.

    Returns:
        Image name -> file, for the images that exist.
    """
    folder = Path(folder)
    inside = sorted(folder.iterdir(), key=lambda p: natural_key(p.name)) if folder.is_dir() else []
    files: dict[str, Path] = {}
    for path in inside:
        if path.suffix.lower() in _SUFFIXES and path.is_file():
            files.setdefault(plain_key(image_key(path.stem)), path)
    found = {name: files.get(plain_key(image_key(name))) for name in names}
    return {name: path for name, path in found.items() if path is not None}


def encode_photo(path: str | Path, polygons: Sequence[np.ndarray] = ()) -> PhotoPicture:
    """Make a small copy of an image in the orientation of its polygons.

    Polygons are in the pixels as stored, so the EXIF orientation is neither applied nor copied. It
    is applied only if the polygons do not fit in the stored image but fit in the rotated one.

    Args:
        path: Path of the image.
        polygons: gt polygons of the image, (K, 2) pixels.

    Raises:
        ImageReadError: If the image cannot be read. The message is one line.
    """
    path = Path(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                'ignore'
            )  # Pillow's warning on large images; check_pixels() is used.
            image = Image.open(io.BytesIO(path.read_bytes()))
        width, height = image.size
        check_pixels(width, height, MAX_PIXELS, path.name)
        orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
        turned = orientation in _SIDES_SWAPPED and _fit_turned_only(polygons, width, height)
        image.draft(
            'RGB', (_LONGEST_SIDE_PX, _LONGEST_SIDE_PX)
        )  # Decodes a JPEG at a smaller size.
        pixels = pillow_to_bgr(ImageOps.exif_transpose(image) if turned else image)
    except ImageReadError:
        raise
    except Exception as error:  # Pillow raises errors of many types.
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
