"""Cuts training crops for a recognizer out of images, with polygons like a detector's."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline.clipter.cache.context_cache import photo_key
from pipeline.datasets.word_bending import bend_word, can_bend, draw_sweep
from pipeline.datasets.word_boxes import BoxNoise
from pipeline.datasets.word_merging import Located, merge_words
from pipeline.geometry import image_ring, ring_size
from pipeline.io import read_image
from pipeline.registry import TASK_UTILS
from pipeline.utils.atomic_write import write_whole
from pipeline.utils.progress import track

# Word crops have no margin around the word, so polygons are only moved inwards.
CROP_NOISE = BoxNoise(
    along=(-0.06, 0.0), across=(-0.04, 0.0), corner=0.01, loose_prob=0.0, upright_prob=0.0
)
BENT_NOISE = BoxNoise(upright_prob=0.7)
_JPEG_QUALITY = 95


@dataclass(frozen=True)
class WordCutter:
    """Cuts the words of one image.

    Attributes:
        root: Folder of the images.
        out: Folder of the crops.
        rectifier: Config of the recognizer's ``Rectifier``.
        variants: Number of crops per word, each with its own polygon noise.
        join_prob: Probability that a word is cut together with the next word of its line.
        size: (width, height) that stretched images are resized to; None keeps the stored size.
        max_length: Maximum number of characters of a text.
        seed: Random seed.
        noise: Polygon noise of words in images.
        bend_prob: Probability that a straight word is bent along an arc; see :func:`bend_word`.
            Seven of ten bent words are cut by their upright boxes.
    """

    root: Path
    out: Path
    rectifier: dict[str, Any]
    variants: int = 2
    join_prob: float = 0.08
    size: tuple[int, int] | None = None
    max_length: int = 48
    seed: int = 0
    noise: BoxNoise = field(default_factory=BoxNoise)
    bend_prob: float = 0.0

    def cut(self, number: int, entry: dict[str, Any]) -> list[dict[str, Any]]:
        """Write the crops of one image, or of one word crop.

        Args:
            number: Number of the image, which is part of the crops' names and of the random seed.
            entry: Entry of the image in MMOCR's annotation. Instances without ``polygon`` are word
                crops.

        Returns:
            Entries of a ``textrecog`` annotation, with ``height`` and ``width``. Words of an image
            also have ``scene``: the path of the image relative to ``out``, the size that it is
            resized to, and its ``photo_key``.
        """
        rng = np.random.default_rng([self.seed, number])
        rectifier = TASK_UTILS.build(dict(self.rectifier))
        path = self.root / entry['img_path']
        image = read_image(path, strict=True)
        scale = np.ones(2)
        if self.size is not None:
            scale = np.array(self.size) / image.shape[1::-1]
            image = cv2.resize(image, self.size, interpolation=cv2.INTER_CUBIC)
        words = _locate(entry, image.shape[:2], scale)
        is_crop = bool(entry['instances']) and 'polygon' not in entry['instances'][0]
        noise = CROP_NOISE if is_crop else self.noise
        scene = {} if is_crop else {'scene': self._scene(path)}
        entries = []
        for variant in range(self.variants):
            merged = merge_words(words, self.join_prob, self.max_length, rng)
            for index, (_, ring, text) in enumerate(merged):
                if not 0 < len(text) <= self.max_length:
                    continue
                height, width = ring_size(ring)
                # One or two characters are taller than wide, but not rotated.
                vertical = 'keep' if len(text) <= 2 and height > width else None
                if self.bend_prob and rng.random() < self.bend_prob and can_bend(ring, text):
                    patch, bent = bend_word(image, ring, draw_sweep(rng))
                    (crop,) = rectifier(patch, [BENT_NOISE.apply(bent, rng)], vertical='keep')
                else:
                    (crop,) = rectifier(image, [noise.apply(ring, rng)], vertical=vertical)
                name = f'images/{number:06d}_{variant}_{index:03d}.jpg'
                file = self.out / name
                if not cv2.imwrite(str(file), crop, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]):
                    raise OSError(f'could not write {file}')
                size = {'height': crop.shape[0], 'width': crop.shape[1]}
                entries.append({'img_path': name, 'instances': [{'text': text}], **size, **scene})
        return entries

    def _scene(self, path: Path) -> dict[str, Any]:
        native_size = None if self.size is None else (self.size[1], self.size[0])
        return {
            # Both resolved: a relative path does not lead out of a linked folder otherwise.
            'img_path': os.path.relpath(path.resolve(), self.out.resolve()),
            'native_size': native_size,
            'key': photo_key(path.read_bytes(), native_size),
        }


def cut_all(cutter: WordCutter, entries: Sequence[dict[str, Any]], workers: int = 2) -> int:
    """Cut the words of all images in several processes and write ``textrecog.json``.

    Args:
        cutter: Cutter; its folder ``out/images`` exists.
        entries: ``data_list`` of MMOCR's annotation.
        workers: Number of processes.

    Returns:
        Number of crops.
    """
    with ProcessPoolExecutor(workers) as pool:
        results = pool.map(cutter.cut, range(len(entries)), entries, chunksize=16)
        data_list = [e for some in track(results, len(entries), 'image') for e in some]
    meta = {'dataset_type': 'TextRecogDataset', 'task_name': 'textrecog'}
    written = json.dumps({'metainfo': meta, 'data_list': data_list}, ensure_ascii=False)
    write_whole(cutter.out / 'textrecog.json', written)
    return len(data_list)


def _locate(entry: dict[str, Any], shape: tuple[int, int], scale: np.ndarray) -> list[Located]:
    words: list[Located] = []
    for instance in entry['instances']:
        polygon = instance.get('polygon')
        ring = image_ring(*shape) if polygon is None else np.reshape(polygon, (-1, 2)) * scale
        ring = np.asarray(ring, dtype=np.float32)
        if len(ring) % 2 == 0:  # an odd number of points does not define two sides
            words.append((ring, None if instance.get('ignore') else instance['text']))
    return words
