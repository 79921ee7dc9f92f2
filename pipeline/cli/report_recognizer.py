"""``clipter report-recognizer``: report on a spotter's recognizer, for a model card."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipeline.cli.common import (
    DONE,
    add_config_options,
    add_device,
    add_spotter,
    count,
    make_parser,
    run_command,
)
from pipeline.cli.config_files import find_config, parse_options
from pipeline.utils.progress import Progress


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'report-recognizer',
        ['--data data/icdar2015_dev/textspotting.json',
         '--data data/word_crops/svt_train/textrecog.json --out results/recognizer_svt'],
        'Reads words cut out at the ground truth (images with polygons) or whole images (word '
        'crops), and\nwrites DIR/report.md with accuracy by kind, height, length, blur and angle '
        'of words, the most\nfrequent confusions of characters, and the reliability of scores; '
        'DIR/calibration.png; and a random\nsample of misread words in DIR/failures.png.',
    )  # fmt: skip
    add = parser.add_argument
    add(
        '--data', nargs='+', required=True, metavar='JSON',
        help='MMOCR JSON: images with polygons and texts, or word crops with texts',
    )  # fmt: skip
    add('--data-root', metavar='DIR', help="folder of the images (default: each JSON's own folder)")
    add(
        '--out', type=Path, default=Path('results/report_recognizer'), metavar='DIR',
        help='folder of the report',
    )  # fmt: skip
    add_spotter(parser)
    add_device(parser)
    add('--failures', type=count, default=30, metavar='N', help='number of misread words drawn')
    add('--seed', type=int, default=0, help='random seed of the sample')
    add_config_options(parser)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Read and report; returns the exit status."""
    return run_command(_report, parse_args(argv))


def _report(args: argparse.Namespace) -> int:
    config = str(find_config(args.config)) if args.config else None

    from pipeline.analysis.gt_words import read_gt_words
    from pipeline.analysis.recognizer.readings import read_word_crops, read_words_of_photos
    from pipeline.analysis.recognizer.report import write_recognizer_report
    from pipeline.analysis.spotter_subject import load_spotter

    photos, crops = read_gt_words(args.data, args.data_root)
    spotter, settings = load_spotter(
        config, args.checkpoint, args.device, parse_options(args.cfg_options)
    )
    with Progress(len(photos) + len(crops), 'image') as bar:
        readings = read_words_of_photos(spotter, photos, bar.update)
        readings += read_word_crops(spotter, crops, bar.update)
    summary = write_recognizer_report(
        readings, spotter.rectifier, args.out, args.data, settings, args.failures, args.seed
    )
    print(f'{summary}\n\nreport: {args.out / "report.md"}')
    return DONE


if __name__ == '__main__':
    sys.exit(main())
