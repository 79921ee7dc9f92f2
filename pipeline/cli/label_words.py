"""``clipter label-words``: add texts to annotated outlines by a confident recognizer."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli.common import DONE, CommandError, make_parser, read_annotation, run_command
from pipeline.cli.config_files import find_config, read_config
from pipeline.utils.progress import track

if TYPE_CHECKING:
    import numpy as np

    from pipeline.recognition.ctc_reader import Reading

LARGER = (0.12, 0.08)
"""Margins of the larger outline along and across the word, in word heights."""
LEAST_MEAN = 0.93
LEAST_CHARACTER = 0.7


def main(argv: list[str] | None = None) -> int:
    """Label the words; returns the exit status."""
    parser = make_parser(
        'label-words',
        ['recognition/ppocrv6-small_synth-real work_dirs/iter_8000.pth --data textdet.json '
         '--out textspotting.json'],
        'Each word is read twice, in its outline and in a larger one. It gets a text if both '
        'readings are\nequal and each character is probable; the other words are marked "ignore". '
        'Words with such a text\nare marked "pseudo" in the annotation.',
    )  # fmt: skip
    add = parser.add_argument
    add('config', metavar='CONFIG', help='recognition config with a rectifier, path or name')
    add('checkpoint', metavar='CHECKPOINT', help='weights of the recognizer')
    add('--data', type=Path, required=True, metavar='JSON', help='outlines, MMOCR JSON')
    add('--out', type=Path, required=True, metavar='JSON', help='annotation to write')
    return run_command(_label, parser.parse_args(argv))


def _label(args: argparse.Namespace) -> int:
    path = find_config(args.config)

    import numpy as np
    import torch
    from mmengine.registry import DefaultScope

    import pipeline.registration  # noqa: F401
    from pipeline.io import read_image
    from pipeline.registry import MODELS, TASK_UTILS
    from pipeline.utils.atomic_write import write_whole
    from pipeline.utils.checkpoint import load_weights

    config = read_config(args.config)
    for key in ('model', 'rectifier'):
        if not config.get(key):
            raise CommandError(f'{path} has no {key}: wanted a recognition config with a rectifier')
    with DefaultScope.overwrite_default_scope('mmocr'):
        recognizer = MODELS.build(config.model)
    load_weights(recognizer, args.checkpoint)
    annotation = read_annotation(args.data)
    recognizer.eval().to(memory_format=torch.channels_last)
    rectifiers = [
        TASK_UTILS.build(dict(config.rectifier, margin=margin)) for margin in ((0, 0), LARGER)
    ]
    words = sure = 0
    for entry in track(annotation['data_list'], len(annotation['data_list']), 'image'):
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
    return DONE


def _read(
    recognizer: Any, rectifier: Any, image: np.ndarray, rings: list[np.ndarray]
) -> list[Reading]:
    """Each word in the orientation that the spotter chooses."""
    from pipeline.recognition.crop_reader import read_crops, to_reading
    from pipeline.word_reading import WordBatch, choose_orientations, rectify_words

    words = WordBatch(rings, [1.0] * len(rings), [0] * len(rings))
    crops = rectify_words([image], words, rectifier)
    readings = [to_reading(each) for each in read_crops(recognizer, crops.crops)]
    return [word.reading for word in choose_orientations(crops, readings)]


def _agree(tight: Reading, loose: Reading) -> str | None:
    """The text of both readings if they are equal and probable, otherwise None."""
    sure = all(
        r.text and _mean_score(r) >= LEAST_MEAN and min(r.char_scores) >= LEAST_CHARACTER
        for r in (tight, loose)
    )
    return tight.text if sure and tight.text == loose.text and ' ' not in tight.text else None


def _mean_score(reading: Reading) -> float:
    """Geometric mean of the characters' probabilities."""
    import numpy as np

    return float(np.exp(np.mean(np.log(reading.char_scores))))


if __name__ == '__main__':
    sys.exit(main())
