"""Give texts to words whose outlines are known: pseudo-labels by a recognizer that is sure.

    python tools/label_words.py CONFIG CHECKPOINT --data textdet.json --out textspotting.json

Each word is read twice, in its outline and in a larger one. It gets a text where both readings
agree and each character is probable; the other words are marked ``ignore``. Texts made so are
marked ``pseudo`` in the annotation.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from tqdm import tqdm

import pipeline.registration  # noqa: F401
from pipeline.io import read_image
from pipeline.recognition.crop_reader import read_crops
from pipeline.registry import MODELS, TASK_UTILS
from pipeline.utils.atomic_write import write_whole
from pipeline.utils.checkpoint import load_weights

LARGER = (0.12, 0.08)  # along and across, in word heights
LEAST_MEAN = 0.93
LEAST_CHARACTER = 0.7


def main(argv: list[str] | None = None) -> int:
    """Label; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='a recognition config that names its rectifier')
    parser.add_argument('checkpoint', help="the recognizer's weights")
    parser.add_argument('--data', type=Path, required=True, help="outlines in MMOCR's JSON")
    parser.add_argument('--out', type=Path, required=True, help='annotation to write')
    args = parser.parse_args(argv)
    try:
        config = Config.fromfile(args.config)
        with DefaultScope.overwrite_default_scope('mmocr'):
            recognizer = MODELS.build(config.model)
        load_weights(recognizer, args.checkpoint)
        annotation = json.loads(args.data.read_text(encoding='utf-8'))
    except (OSError, KeyError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    recognizer.eval().to(memory_format=torch.channels_last)
    rectifiers = [
        TASK_UTILS.build(dict(config.rectifier, margin=margin)) for margin in ((0, 0), LARGER)
    ]
    words = sure = 0
    for entry in tqdm(annotation['data_list']):
        image = read_image(args.data.parent / entry['img_path'])
        wanted = [i for i in entry['instances'] if not i.get('ignore')]
        rings = [np.float32(i['polygon']).reshape(-1, 2) for i in wanted]
        readings = [_read(recognizer, rectifier, image, rings) for rectifier in rectifiers]
        for instance, tight, loose in zip(wanted, *readings):
            label = _agree(tight, loose)
            instance.update({'ignore': True} if label is None else {'text': label, 'pseudo': True})
            sure += label is not None
        words += len(wanted)
    annotation['metainfo'] = {'dataset_type': 'TextSpottingDataset', 'task_name': 'textspotting'}
    written = json.dumps(annotation, ensure_ascii=False)
    write_whole(args.out, written.encode())
    print(f'{sure} of {words} words got a text: {args.out}')
    return 0


def _read(recognizer: Any, rectifier: Any, image: np.ndarray, rings: list[np.ndarray]) -> list[Any]:
    """Each word in the orientation that reads best; tall words have four candidates."""
    options = [rectifier.rotations(ring) for ring in rings]
    options = [some if len(some) > 2 else some[:1] for some in options]
    flat = [ring for some in options for ring in some]
    readings = iter(read_crops(recognizer, rectifier(image, flat, vertical='keep')))
    return [max((next(readings) for _ in some), key=_mean_score) for some in options]


def _agree(tight: Any, loose: Any) -> str | None:
    sure = all(
        r.item and _mean_score(r) >= LEAST_MEAN and min(r.score) >= LEAST_CHARACTER
        for r in (tight, loose)
    )
    return tight.item if sure and tight.item == loose.item and ' ' not in tight.item else None


def _mean_score(reading: Any) -> float:
    """Geometric mean of the characters' probabilities; 0 for an empty text."""
    return float(np.exp(np.mean(np.log(reading.score)))) if reading.item else 0.0


if __name__ == '__main__':
    sys.exit(main())
