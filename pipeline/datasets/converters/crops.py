"""Cuts rectified word crops out of images, at the resolution of the image."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from PIL import Image

from pipeline.geometry import order_ring, ring_size
from pipeline.rectification import Rectifier
from pipeline.utils.atomic_write import write_whole
from pipeline.utils.progress import track

_RECORD = '.crops.jsonl'
_LONGEST_SIDE_PX = 4096
_JPEG_QUALITY = 95
_TALL_RATIO = 1.5  # The rectifier rotates words that are taller than this.


def write_crops(root: Path, folder: Path, samples: Sequence[dict]) -> Iterator[dict]:
    """Cut out the legible words of images.

    Words are rectified as ``Rectifier`` does for a recognizer (flat words by a homography, curved
    words unrolled), but at the resolution of the image. Words taller than 1.5 times their width are
    rotated by 90 degrees, unless they have one character. An image is skipped if its crops exist
    and its file and words have not changed.

    Args:
        root: Folder that ``img_path`` of the samples is relative to.
        folder: Output folder for ``<image>_<index>.jpg``, with the index of the word in its image,
            and for a record of what the crops were cut from.
        samples: Images with their words.

    Yields:
        MMOCR text recognition samples in the order of images and words, with ``img_path`` relative
        to the parent of ``folder``.

    Raises:
        ValueError: If an image cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = _read_record(folder / _RECORD)
    with (folder / _RECORD).open('a', encoding='utf-8') as record:
        tracked = track(samples, len(samples), 'image')
        for sample, stem in zip(tracked, _crop_stems(samples), strict=True):
            words = {
                f'{stem}_{index:04d}.jpg': word
                for index, word in enumerate(sample['instances'])
                if not word.get('ignore', False) and word['text']
            }
            mark = _fingerprint(root / sample['img_path'], words)
            if done.get(stem) != mark or not all((folder / name).is_file() for name in words):
                _cut(root / sample['img_path'], folder, words)
                record.write(json.dumps([stem, mark]) + '\n')
            for name, word in words.items():
                yield {
                    'img_path': f'{folder.name}/{name}',
                    'instances': [{'text': word['text']}],
                }


def cut_word(image: np.ndarray, polygon: Sequence[float], upright: bool = False) -> np.ndarray:
    """Rectify one word at its own resolution.

    Args:
        image: (H, W, 3) uint8.
        polygon: ``x1, y1, ..., xk, yk`` in pixels, clockwise from the first character's top-left.
        upright: Whether a tall word keeps its orientation instead of being rotated.

    Returns:
        (height, width, 3) uint8, with the side lengths of the word, at least one pixel.
    """
    ring = np.asarray(polygon, dtype=np.float32).reshape(-1, 2)
    height, width = ring_size(ring if len(ring) % 2 == 0 else order_ring(ring))
    if height > _TALL_RATIO * width and not upright:
        height, width = width, height
    shrink = min(1.0, _LONGEST_SIDE_PX / max(height, width, 1.0))
    size = tuple(max(1, round(shrink * side)) for side in (height, width))
    rectifier = Rectifier(size=(size[0], size[1]), vertical='keep' if upright else 'auto')
    return rectifier(image, [ring])[0]


def _cut(photo: Path, folder: Path, words: dict[str, dict]) -> None:
    if not words:
        return
    image = _read_image(photo)
    for name, word in words.items():
        # Single characters such as "1" are tall, but not rotated.
        crop = cut_word(image, word['polygon'], upright=len(word['text']) == 1)
        _, code = cv2.imencode('.jpg', crop, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        write_whole(folder / name, code.tobytes())


def _read_image(path: Path) -> np.ndarray:
    """Read an image as (H, W, 3) uint8 BGR. The EXIF orientation is not applied."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is not None:
        return image
    try:  # OpenCV reads GIF since 4.11.
        with Image.open(path) as photo:
            return np.ascontiguousarray(np.asarray(photo.convert('RGB'))[:, :, ::-1])
    except Exception as error:  # Pillow's parsers raise many kinds of errors.
        raise ValueError(f'{path} cannot be read as an image ({error}).') from None


def _crop_stems(samples: Sequence[dict]) -> list[str]:
    """File stem of each image's crops: the stem of the image, or its whole path if stems repeat."""
    paths = [PurePosixPath(sample['img_path']) for sample in samples]
    repeated = Counter(path.stem for path in paths)
    return [path.stem if repeated[path.stem] == 1 else '_'.join(path.parts) for path in paths]


def _fingerprint(photo: Path, words: dict[str, dict]) -> str:
    status = photo.stat()
    cut = {name: [word['polygon'], len(word['text']) == 1] for name, word in words.items()}
    content = json.dumps([status.st_size, status.st_mtime_ns, cut])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _read_record(path: Path) -> dict[str, str]:
    """Fingerprints of the images that were cut; an incomplete last line is skipped."""
    done = {}
    for line in path.read_text(encoding='utf-8').splitlines() if path.is_file() else []:
        try:
            stem, mark = json.loads(line)
        except ValueError:
            continue
        done[stem] = mark
    return done
