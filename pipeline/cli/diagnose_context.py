"""``clipter diagnose-context``: measure whether scene context helps a recognizer."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pipeline.cli.choices import PROTOCOLS
from pipeline.cli.common import (
    DONE,
    add_config_options,
    add_device,
    count,
    make_parser,
    positive_int,
    run_command,
)
from pipeline.cli.config_files import find_config, parse_options

MISLEADING = 200
_LETTERINGS = ('benchmark', 'typeset')


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'diagnose-context',
        ['CONFIG CHECKPOINT --data annotation.json --out results/context',
         'CONFIG CHECKPOINT --data test.json --train-words words.txt --spotter spotting/default '
         '--json context.json'],
        'All words of the data are read with context on, with context off, with the tokens of '
        'another image,\nwith the tokens of a random tower of the same architecture, and with the '
        "mean of all images' tokens.",
    )  # fmt: skip
    add = parser.add_argument
    add(
        'config', metavar='CONFIG',
        help='config of a ContextRecognizer, or of a TextSpotter with one, path or name',
    )  # fmt: skip
    add('checkpoint', metavar='CHECKPOINT', help='weights of the whole model')
    add('--data', nargs='+', required=True, metavar='JSON', help='MMOCR JSON, images with polygons')
    add('--data-root', metavar='DIR', help="folder of the images (default: each JSON's own folder)")
    add(
        '--train-words', metavar='FILE',
        help='training words, one per line or MMOCR JSON, which divide the data into in and out '
        'of vocabulary',
    )  # fmt: skip
    add(
        '--spotter', metavar='CONFIG',
        help='spotting config whose detector finds words, for end-to-end scores',
    )  # fmt: skip
    add(
        '--protocol', choices=sorted(PROTOCOLS), default='icdar2015',
        help='protocol of the end-to-end scores',
    )  # fmt: skip
    add('--out', type=Path, metavar='DIR', help='folder for page, table and JSON')
    add('--json', type=Path, metavar='PATH', help='file for the numbers')
    add_device(parser)
    add('--seed', type=int, default=0, help='random seed')
    add(
        '--resamples', type=positive_int, default=2000, metavar='N',
        help='bootstrap resamples of the images, for the intervals',
    )  # fmt: skip
    add(
        '--misleading', type=count, metavar='N',
        help='number of misspelled words drawn into images, 0 to skip this test (default: that of '
        f'the words, at most {MISLEADING})',
    )  # fmt: skip
    add(
        '--plates', choices=_LETTERINGS, default='typeset',
        help='lettering of the misspelled words: typeset, or as in the scenes of '
        'clipter context-benchmark',
    )  # fmt: skip
    add(
        '--page-words', type=positive_int, default=200, metavar='N',
        help='longest list of words on the page',
    )  # fmt: skip
    add_config_options(parser)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Diagnose and report; returns the exit status."""
    return run_command(_diagnose, parse_args(argv))


def _diagnose(args: argparse.Namespace) -> int:
    config = find_config(args.config)
    spotter = find_config(args.spotter) if args.spotter else None

    from tqdm import tqdm

    import pipeline.registration  # noqa: F401
    from pipeline.analysis.context import (
        count_steps,
        diagnose,
        format_diagnosis,
        format_page,
        load_subject,
    )
    from pipeline.analysis.gt_images import read_gt_images
    from pipeline.utils.atomic_write import write_whole
    from pipeline.utils.device import choose_device

    train_words = None if args.train_words is None else read_word_list(Path(args.train_words))
    photos = read_gt_images(args.data, args.data_root)
    subject = load_subject(
        config,
        args.checkpoint,
        choose_device(args.device),
        spotter,
        parse_options(args.cfg_options),
    )
    misleading = args.misleading
    if misleading is None:
        misleading = min(MISLEADING, sum(len(photo.readable) for photo in photos))
    total = count_steps(subject, photos, misleading)
    with tqdm(total=total, unit='step', file=sys.stderr, dynamic_ncols=True) as bar:

        def report(stage: str, steps: int) -> None:
            bar.set_description(stage, refresh=steps == 0)
            bar.update(steps)

        diagnosis = diagnose(
            subject,
            photos,
            train_words=train_words,
            seed=args.seed,
            resamples=args.resamples,
            protocol=args.protocol,
            misleading=misleading,
            lettering=_lettering(args.plates),
            report=report,
        )
    text = format_diagnosis(diagnosis.summary)
    numbers = json.dumps(diagnosis.summary, indent=2, ensure_ascii=False) + '\n'
    if args.json is not None:
        write_whole(args.json, numbers)
    if args.out is not None:
        title = f'Scene context: {config.stem}'
        write_whole(args.out / 'diagnosis.json', numbers)
        write_whole(args.out / 'diagnosis.md', text + '\n')
        write_whole(args.out / 'diagnosis.html', format_page(diagnosis, title, args.page_words))
    print(text)
    return DONE


def _lettering(name: str) -> Any:
    """The function that draws a misspelled word."""
    from pipeline.analysis.context.lettering import typeset_plate
    from pipeline.analysis.context.synthetic.plates import draw_plate, letters_quad

    if name == 'typeset':
        return typeset_plate
    return lambda text, rng: (draw_plate(text, rng), letters_quad(text))


def read_word_list(path: Path) -> list[str]:
    """Words of a text file with one per line, or the texts of MMOCR JSON.

    Raises:
        ValueError: If the file contains no word.
    """
    if path.suffix == '.json':
        entries = json.loads(path.read_text(encoding='utf-8'))['data_list']
        found = [instance for entry in entries for instance in entry['instances']]
        words = [word['text'] for word in found if word.get('text') and not word.get('ignore')]
    else:
        words = [line.strip() for line in path.read_text(encoding='utf-8').splitlines()]
    words = [word for word in words if word]
    if not words:
        raise ValueError(f'no words in {path}: wanted one per line, or MMOCR JSON.')
    return words


if __name__ == '__main__':
    sys.exit(main())
