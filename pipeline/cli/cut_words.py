"""``clipter cut-words``: cut words into crops of a recognizer's size, for training."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipeline.cli.common import (
    DONE,
    CommandError,
    make_parser,
    positive_int,
    read_annotation,
    run_command,
    share,
)
from pipeline.cli.config_files import find_config, read_config


def main(argv: list[str] | None = None) -> int:
    """Cut the words; returns the exit status."""
    parser = make_parser(
        'cut-words',
        ['recognition/ppocrv6-small_synth-real --data train/textspotting.json --out train/crops'],
        'Reads MMOCR JSON (textspotting or textrecog), draws for each word an outline with the '
        'errors of a\ndetector, and writes DIR/images/*.jpg and DIR/textrecog.json. Each image is '
        'decoded once for all\nits words, and batches of one width need no padding, so training '
        'on crops is several times as\nfast as on photos.',
    )  # fmt: skip
    add = parser.add_argument
    add('config', metavar='CONFIG', help='config with the rectifier, path or name')
    add('--data', type=Path, required=True, metavar='JSON', help='annotation of the words')
    add('--out', type=Path, required=True, metavar='DIR', help='output folder')
    add('--variants', type=positive_int, default=2, metavar='N', help='crops per word')
    add(
        '--join-prob', type=share, default=0.08, metavar='P',
        help='share of words cut together with the next one',
    )  # fmt: skip
    add(
        '--bend-prob', type=share, default=0.0, metavar='P',
        help='share of straight words that are bent along arcs',
    )  # fmt: skip
    add(
        '--curved-upright-prob', type=share, default=None, metavar='P',
        help='share of curved words that are cut by their upright boxes (default: as for others)',
    )  # fmt: skip
    add(
        '--resize', type=positive_int, nargs=2, metavar=('W', 'H'),
        help='original size of images that are stored stretched',
    )  # fmt: skip
    add(
        '--max-length', type=positive_int, default=48, metavar='N',
        help='longest text in characters',
    )  # fmt: skip
    add('--seed', type=int, default=0, help='random seed')
    add('--workers', type=positive_int, default=2, metavar='N', help='number of processes')
    return run_command(_cut, parser.parse_args(argv))


def _cut(args: argparse.Namespace) -> int:
    path = find_config(args.config)

    import pipeline.registration  # noqa: F401
    from pipeline.datasets.word_boxes import BoxNoise
    from pipeline.datasets.word_cutting import WordCutter, cut_all

    rectifier = read_config(args.config).get('rectifier')
    if not rectifier:
        raise CommandError(f'{path} has no rectifier: wanted a config of a recognizer')
    entries = read_annotation(args.data)['data_list']
    cutter = WordCutter(
        root=args.data.parent,
        out=args.out,
        rectifier=dict(rectifier),
        variants=args.variants,
        join_prob=args.join_prob,
        size=tuple(args.resize) if args.resize else None,
        max_length=args.max_length,
        seed=args.seed,
        noise=BoxNoise(curved_upright_prob=args.curved_upright_prob),
        bend_prob=args.bend_prob,
    )
    (args.out / 'images').mkdir(parents=True, exist_ok=True)
    count = cut_all(cutter, entries, args.workers)
    print(f'{count} crops of {args.data} in {args.out}')
    return DONE


if __name__ == '__main__':
    sys.exit(main())
