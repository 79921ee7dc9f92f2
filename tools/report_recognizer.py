"""Report on a spotter's recognizer, as a model card wants it: accuracy, confusions, calibration.

    python tools/report_recognizer.py --data data/icdar2015_dev/textspotting.json
    python tools/report_recognizer.py --data data/word_crops/svt_train/textrecog.json \\
        --out results/recognizer_svt

reads words cut out at the ground truth (photos with polygons) or whole images (word crops), and
writes DIR/report.md with accuracy by kind, height, length, blur and angle of words, the most
frequent confusions of characters, and how far scores can be trusted; DIR/calibration.png; and
misread words, drawn by lot, in DIR/failures.png.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mmengine.config import DictAction
from tqdm import tqdm

from pipeline.analysis.gt_words import read_gt_words
from pipeline.analysis.recognizer.readings import read_word_crops, read_words_of_photos
from pipeline.analysis.recognizer.report import write_recognizer_report
from pipeline.analysis.spotter_subject import load_spotter


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    add = parser.add_argument
    add(
        '--data', nargs='+', required=True, metavar='JSON',
        help="MMOCR's: photos with polygons and texts, or word crops with texts",
    )  # fmt: skip
    add('--data-root', metavar='DIR', help="where images begin (default: each JSON's own folder)")
    add(
        '--out', type=Path, default=Path('results/report_recognizer'), metavar='DIR',
        help='where the report goes (default: results/report_recognizer)',
    )  # fmt: skip
    add('--config', metavar='CFG', help='a spotting config (default: embedded)')
    add('--checkpoint', metavar='FILE', help="weights (default: the config's own)")
    add('--device', default='auto', help='auto, cpu or cuda[:N] (default: auto)')
    add(
        '--failures', type=int, default=30, metavar='N',
        help='misread words that are drawn (default: 30)',
    )  # fmt: skip
    add('--seed', type=int, default=0, help='of their choice (default: 0)')
    add('--cfg-options', nargs='+', action=DictAction, help='override entries of the config')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Read and report; returns the exit status."""
    args = parse_args(argv)
    try:
        photos, crops = read_gt_words(args.data, args.data_root)
        spotter, settings = load_spotter(
            args.config, args.checkpoint, args.device, args.cfg_options
        )
        with tqdm(total=len(photos) + len(crops), unit='image', disable=None) as bar:
            readings = read_words_of_photos(spotter, photos, bar.update)
            readings += read_word_crops(spotter, crops, bar.update)
        summary = write_recognizer_report(
            readings, spotter.rectifier, args.out, args.data, settings, args.failures, args.seed
        )
    except (ValueError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    print(f'{summary}\n\nreport: {args.out / "report.md"}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
