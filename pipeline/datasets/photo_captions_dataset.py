"""Views of images with the words in them, for contrastive training."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from pipeline.datasets.scene_photo import read_photo
from pipeline.registry import DATASETS


@DATASETS.register_module()
class PhotoCaptionsDataset(Dataset):
    """Views of images; the caption of a view is the words in it.

    The first view of an image is the whole image. Each further view is a random rectangle. All
    views are resized to a square, without keeping the aspect ratio, as the context encoder does. A
    word belongs to a view if its center is in it. Views without words are left out.

    A sample contains ``inputs``, a (3, size, size) uint8 RGB image, ``caption``, the words
    separated by spaces, and ``photo``, the number of the image. If ``features`` is set, its rows
    replace the images.

    Args:
        sources: Sets of images, each with ``data_root``, ``ann_file`` (MMOCR JSON with texts) and
            optionally ``indices``, the (start, stop) of the used images.
        size: Height and width of a view, in pixels.
        views: Number of views per image.
        min_area: Least share of an image that a view covers.
        max_words: Number of words of a caption; the largest words are used.
        shuffle_words: Whether each access draws the order of the words, and the words if there are
            more than ``max_words``. Otherwise the words are in the order of the annotation.
        seed: Random seed of the views and of the captions.

    Raises:
        ValueError: If no image has words, or an argument is out of its range.
    """

    def __init__(
        self,
        sources: Sequence[dict[str, Any]],
        size: int = 224,
        views: int = 1,
        min_area: float = 0.2,
        max_words: int = 12,
        shuffle_words: bool = False,
        seed: int = 0,
    ) -> None:
        if views < 1 or not 0 < min_area <= 1 or max_words < 1:
            raise ValueError(
                'wanted views and max_words of at least 1 and min_area in (0, 1], got '
                f'{views}, {max_words} and {min_area}.'
            )
        self.size = size
        self.max_words = max_words
        self.shuffle_words = shuffle_words
        self.features: Tensor | None = None
        self._rng = np.random.default_rng(seed)
        views_rng = np.random.default_rng(seed)
        self._views: list[_View] = []
        self.metainfo: dict[str, Any] = {}  # read by MMEngine's evaluation loops
        number = 0
        for source in sources:
            for photo in _read_photos(**source):
                boxes = [
                    (0.0, 0.0, 1.0, 1.0),
                    *(_draw_box(views_rng, min_area) for _ in range(views - 1)),
                ]
                for box in boxes:
                    words = [text for (x, y), text in photo.words if _contains(box, x, y)]
                    if words:
                        self._views.append(_View(number, photo.path, box, words))
                number += 1
        if not self._views:
            raise ValueError('no image of the sources has words.')

    def __len__(self) -> int:
        return len(self._views)

    def __getitem__(self, index: int) -> dict[str, Any]:
        view = self._views[index]
        inputs = self.load_view(index) if self.features is None else self.features[index]
        return {'inputs': inputs, 'caption': self._caption(view.words), 'photo': view.photo}

    def load_view(self, index: int) -> Tensor:
        """(3, size, size) uint8 RGB image of a view."""
        view = self._views[index]
        image = read_photo(view.path).image
        height, width = image.shape[:2]
        left, top, right, bottom = view.box
        image = image[
            round(top * height) : max(round(bottom * height), round(top * height) + 1),
            round(left * width) : max(round(right * width), round(left * width) + 1),
        ]
        square = cv2.resize(image, (self.size, self.size), interpolation=cv2.INTER_AREA)
        return torch.from_numpy(np.ascontiguousarray(square[..., ::-1].transpose(2, 0, 1)))

    @property
    def fingerprint(self) -> str:
        """sha256 of everything that the images of the views depend on."""
        views = [[view.path, list(view.box)] for view in self._views]
        return hashlib.sha256(json.dumps([self.size, views]).encode()).hexdigest()

    def full_init(self) -> None:
        """Nothing to do; MMEngine calls this."""

    def _caption(self, words: list[str]) -> str:
        words = words[: self.max_words]
        if self.shuffle_words:
            words = [words[i] for i in self._rng.permutation(len(words))]
        return ' '.join(words)


class _View:
    """A rectangle of an image, in shares of its width and height, with its words."""

    def __init__(
        self, photo: int, path: str, box: tuple[float, float, float, float], words: list[str]
    ) -> None:
        self.photo, self.path, self.box, self.words = photo, path, box, words


class _Photo:
    """An image and its words, the largest first, each with its center in shares."""

    def __init__(self, path: str, words: list[tuple[tuple[float, float], str]]) -> None:
        self.path, self.words = path, words


def _read_photos(
    data_root: str, ann_file: str, indices: Sequence[int] | None = None
) -> list[_Photo]:
    path = Path(data_root, ann_file)
    entries = json.loads(path.read_text(encoding='utf-8'))['data_list']
    start, stop = indices if indices is not None else (0, len(entries))
    photos = []
    for entry in entries[start:stop]:
        shape = np.array([entry['width'], entry['height']], dtype=float)
        words = []
        for word in entry['instances']:
            if word.get('ignore') or not word.get('text'):
                continue
            points = np.asarray(word['polygon'], dtype=np.float32).reshape(-1, 2)
            x, y = points.mean(0) / shape
            words.append((float(cv2.contourArea(points)), (float(x), float(y)), word['text']))
        words.sort(key=lambda item: -item[0])
        photos.append(_Photo(str(Path(data_root, entry['img_path'])), [item[1:] for item in words]))
    return photos


def _draw_box(rng: np.random.Generator, min_area: float) -> tuple[float, float, float, float]:
    """A random rectangle in the unit square: left, top, right, bottom."""
    area = rng.uniform(min_area, 0.8)
    height = float(np.clip(np.sqrt(area) * rng.uniform(0.75, 1.33), area, 1.0))
    width = min(area / height, 1.0)
    left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
    return float(left), float(top), float(left + width), float(top + height)


def _contains(box: tuple[float, float, float, float], x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]
