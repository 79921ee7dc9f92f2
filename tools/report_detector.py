"""Report on a spotter's detector, as a model card wants it: tables, curve and worst photos.

    python tools/report_detector.py --data data/icdar2015_dev/textspotting.json
    python tools/report_detector.py --data data/synthetic/val/annotation.json --curve-from 0.2 \\
        --textless data/backgrounds/held_out --out results/detector_synthetic

writes DIR/report.md with precision, recall and hmean at IoU 0.5, recall by height and angle,
straight and curved words, how words were missed and what was found in photos without text;
DIR/precision_recall.png; and the photos with the most errors, drawn, in DIR/worst. All of it is of
the detector alone and of the whole spotter, which drops words that read as nothing or score low.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mmengine.config import DictAction
from tqdm import tqdm

from pipeline.analysis.detector.measurement import measure_detector
from pipeline.analysis.detector.report import write_detector_report
from pipeline.analysis.detector.textless import find_false_words
from pipeline.analysis.gt_images import read_gt_images
from pipeline.analysis.spotter_subject import load_spotter
from pipeline.io import iter_inputs


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    add = parser.add_argument
    add('--data', nargs='+', required=True, metavar='JSON', help="MMOCR's, photos with polygons")
    add('--data-root', metavar='DIR', help="where photos begin (default: each JSON's own folder)")
    add('--textless', metavar='FOLDER', help='photos without text, to count false words in')
    add(
        '--out', type=Path, default=Path('results/report_detector'), metavar='DIR',
        help='where the report goes (default: results/report_detector)',
    )  # fmt: skip
    add('--config', metavar='CFG', help='a spotting config (default: embedded)')
    add('--checkpoint', metavar='FILE', help="weights (default: the config's own)")
    add('--device', default='auto', help='auto, cpu or cuda[:N] (default: auto)')
    add(
        '--curve-from', type=_share, metavar='S',
        help="least detection score in the curve (default: the config's own threshold)",
    )  # fmt: skip
    add(
        '--polygons', choices=('quad', 'polygon'),
        help='compare whole-number quads or polygons (default: quads where all gt words are)',
    )  # fmt: skip
    add('--worst', type=int, default=10, metavar='N', help='photos that are drawn (default: 10)')
    add('--cfg-options', nargs='+', action=DictAction, help='override entries of the config')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Measure and report; returns the exit status."""
    args = parse_args(argv)
    try:
        photos = read_gt_images(args.data, args.data_root, keep_empty=True)
        items = list(iter_inputs([args.textless])) if args.textless else []
        spotter, settings = load_spotter(
            args.config, args.checkpoint, args.device, args.cfg_options
        )
        bar = tqdm(total=len(photos) + len(items), unit='photo', disable=None)
        with bar:
            measured = measure_detector(
                spotter, photos, args.curve_from, args.polygons, progress=bar.update
            )
            textless = find_false_words(spotter, items, bar.update) if args.textless else None
        summary = write_detector_report(
            measured, args.out, args.data, settings, textless, args.worst
        )
    except (ValueError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    print(f'{summary}\n\nreport: {args.out / "report.md"}')
    return 0


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f'wanted a number from 0 to 1, got {text}')
    return value


if __name__ == '__main__':
    sys.exit(main())
