"""``clipter report-detector``: report on a spotter's detector, for a model card."""

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
    share,
)
from pipeline.cli.config_files import find_config, parse_options
from pipeline.utils.progress import Progress


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'report-detector',
        ['--data data/icdar2015_dev/textspotting.json',
         '--data data/synthetic/val/annotation.json --curve-from 0.2 '
         '--textless data/backgrounds/held_out --out results/detector_synthetic'],
        'Writes DIR/report.md with precision, recall and hmean at IoU 0.5, recall by height and '
        'angle,\nstraight and curved words, reasons of misses and false words in images without '
        'text;\nDIR/precision_recall.png; and the images with the most errors, drawn, in '
        'DIR/worst. All numbers are\ngiven for the detector only and for the whole spotter, which '
        'drops words with an empty text or a low\nscore.',
    )  # fmt: skip
    add = parser.add_argument
    add('--data', nargs='+', required=True, metavar='JSON', help='MMOCR JSON, images with polygons')
    add('--data-root', metavar='DIR', help="folder of the images (default: each JSON's own folder)")
    add('--textless', metavar='FOLDER', help='images without text, to count false words')
    add(
        '--out', type=Path, default=Path('results/report_detector'), metavar='DIR',
        help='folder of the report',
    )  # fmt: skip
    add_spotter(parser)
    add_device(parser)
    add(
        '--curve-from', type=share, metavar='S',
        help="least detection score in the curve (default: the config's own threshold)",
    )  # fmt: skip
    add(
        '--polygons', choices=('quad', 'polygon'),
        help='shape for the comparison, whole-number quads or polygons (default: quads if all '
        'ground-truth words are quads)',
    )  # fmt: skip
    add('--worst', type=count, default=10, metavar='N', help='number of images drawn')
    add_config_options(parser)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Measure and report; returns the exit status."""
    return run_command(_report, parse_args(argv))


def _report(args: argparse.Namespace) -> int:
    config = str(find_config(args.config)) if args.config else None

    from pipeline.analysis.detector.measurement import measure_detector
    from pipeline.analysis.detector.report import write_detector_report
    from pipeline.analysis.detector.textless import find_false_words
    from pipeline.analysis.gt_images import read_gt_images
    from pipeline.analysis.spotter_subject import load_spotter
    from pipeline.io import iter_inputs

    photos = read_gt_images(args.data, args.data_root, keep_empty=True)
    items = list(iter_inputs([args.textless])) if args.textless else []
    spotter, settings = load_spotter(
        config, args.checkpoint, args.device, parse_options(args.cfg_options)
    )
    with Progress(len(photos) + len(items), 'image') as bar:
        measured = measure_detector(
            spotter, photos, args.curve_from, args.polygons, progress=bar.update
        )
        textless = find_false_words(spotter, items, bar.update) if args.textless else None
    summary = write_detector_report(measured, args.out, args.data, settings, textless, args.worst)
    print(f'{summary}\n\nreport: {args.out / "report.md"}')
    return DONE


if __name__ == '__main__':
    sys.exit(main())
