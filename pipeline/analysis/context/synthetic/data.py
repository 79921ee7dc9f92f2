"""Writer of scenes as MMOCR data sets: PNG images and ``annotation.json``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline.analysis.context.misspelling import make_misspellings
from pipeline.analysis.context.synthetic.scenes import DrawnScene, draw_scene
from pipeline.analysis.context.synthetic.vocabulary import (
    COMMON_WORDS,
    HIDDEN,
    KINDS,
    LETTERS,
    LONGEST,
    VOCABULARIES,
    Inscription,
    all_words,
    ambiguous_word,
    common_word,
    misleading_word,
)

_PATTERNS = tuple(VOCABULARIES[KINDS[0]])
_ALL_WORDS = all_words()
AMBIGUOUS_WORDS = 3
COMMON = 2
MISLEADING = 2
WORDS_A_SCENE = AMBIGUOUS_WORDS + COMMON + MISLEADING


def make_scene(seed: int, index: int, informative: bool = True) -> tuple[DrawnScene, str]:
    """Draw one scene of a set. The kinds of the words alternate with the index.

    Words and plates use another random generator than the look, so ``informative`` changes only the
    look.

    Args:
        seed: Random seed of the set.
        index: Index of the scene.
        informative: Whether the look is that of the kind of the words. Otherwise the look is
            random, and the image contains no information about the hidden letters.

    Returns:
        The scene and the kind of its words.
    """
    kind = KINDS[index % len(KINDS)]
    plate_rng = np.random.default_rng([seed, index, 0])
    look_rng = np.random.default_rng([seed, index, 1])
    look = kind if informative else KINDS[look_rng.integers(len(KINDS))]
    return draw_scene(look, choose_words(kind, plate_rng), look_rng, plate_rng), kind


def choose_words(kind: str, rng: np.random.Generator) -> list[Inscription]:
    """Words of a scene: words with a hidden letter, common words and misleading words."""
    words = [
        ambiguous_word(kind, str(p)) for p in rng.choice(_PATTERNS, AMBIGUOUS_WORDS, replace=False)
    ]
    words += [common_word(str(w)) for w in rng.choice(COMMON_WORDS, COMMON, replace=False)]
    pattern, letter = str(rng.choice(_PATTERNS)), str(rng.choice(list(LETTERS)))
    words.append(misleading_word(pattern.replace(HIDDEN, letter)))
    pairs = make_misspellings(_ALL_WORDS, MISLEADING - 1, LONGEST, rng)
    return words + [misleading_word(wrong) for _, wrong in pairs]


def write_set(folder: Path, seed: int, count: int, informative: bool = True) -> Path:
    """Write a set of scenes, unless the folder already contains the same set.

    Args:
        folder: Folder for ``images/`` and ``annotation.json``.
        seed: Random seed of the set.
        count: Number of scenes, a multiple of the number of kinds.
        informative: Whether looks match the words; see :func:`make_scene`.

    Returns:
        Path of the annotation, an MMOCR JSON. Instances have ``role`` and ``visible``; images have
        ``kind`` (of their words) and ``look``.

    Raises:
        ValueError: If ``count`` is not a multiple of the number of kinds.
    """
    if count < 1 or count % len(KINDS):
        raise ValueError(f'count must be a multiple of {len(KINDS)} kinds, got {count}.')
    annotation = folder / 'annotation.json'
    made_with = {'seed': seed, 'count': count, 'informative': informative, 'version': 2}
    if annotation.is_file():
        if json.loads(annotation.read_text())['metainfo'].get('made_with') == made_with:
            return annotation
        annotation.unlink()
    (folder / 'images').mkdir(parents=True, exist_ok=True)
    content = {
        'metainfo': {
            'dataset_type': 'TextSpottingDataset',
            'task_name': 'textspotting',
            'category': [{'id': 0, 'name': 'text'}],
            'made_with': made_with,
        },
        'data_list': list(_write_photos(folder, seed, count, informative)),
    }
    partial = annotation.with_suffix('.part')
    partial.write_text(json.dumps(content), encoding='utf-8')
    os.replace(partial, annotation)  # The annotation exists only if all images exist.
    return annotation


def _write_photos(
    folder: Path, seed: int, count: int, informative: bool
) -> Iterator[dict[str, Any]]:
    for index in range(count):
        scene, kind = make_scene(seed, index, informative)
        path = f'images/{index:05d}.png'  # Blocks of a JPEG would mix colors of scene and plate.
        if not cv2.imwrite(str(folder / path), scene.image, [cv2.IMWRITE_PNG_COMPRESSION, 1]):
            raise OSError(f'could not write {folder / path}')
        height, width = scene.image.shape[:2]
        yield {
            'img_path': path,
            'height': height,
            'width': width,
            'kind': kind,
            'look': scene.look,
            'light': scene.light,
            'instances': [_instance(w, q) for w, q in zip(scene.words, scene.quads)],
        }


def _instance(word: Inscription, quad: np.ndarray) -> dict[str, Any]:
    polygon = [round(float(value), 2) for value in quad.ravel()]
    return {
        'polygon': polygon,
        'bbox': [min(polygon[::2]), min(polygon[1::2]), max(polygon[::2]), max(polygon[1::2])],
        'bbox_label': 0,
        'text': word.text,
        'ignore': False,
        'role': word.role,
        'visible': word.visible,
        'hidden': word.visible.count(HIDDEN),
    }
