"""Measure what a spotter's detector needs to compute in 8-bit integers on a CPU.

    python tools/calibrate_int8.py [CONFIG] --photos DIR --out FILE.json

reads photos with its DBNet in floats and writes what each activation ranges over. Name the file
in the config as ``int8_ranges`` of the ``TextDetector``; it fits these very weights alone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2

from pipeline.detection import fold_batch_norm, measure_ranges
from pipeline.detection.int8 import weights_digest, write_ranges
from pipeline.image_io import ImageReadError, iter_inputs
from pipeline.spotter import DEFAULT_CONFIG, TextSpotter


def main(argv: list[str] | None = None) -> int:
    """Measure; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add('config', nargs='?', default=DEFAULT_CONFIG, help='a config of configs/spotting')
    add('--checkpoint', help="the spotter's weights (default: the config's own)")
    add('--photos', nargs='+', required=True, help='photos or folders of photos, not of a test set')
    add('--count', type=int, default=32, help='of these so many, evenly spread (default: 32)')
    add('--resize', type=int, nargs=2, metavar=('W', 'H'), help='for photos stored stretched')
    add('--out', type=Path, required=True, metavar='FILE.json')
    args = parser.parse_args(argv)
    try:
        spotter = TextSpotter.from_config(args.config, args.checkpoint, as_trained=True)
        items = list(iter_inputs(args.photos))
        photos = [item.load() for item in items[:: max(1, len(items) // args.count)][: args.count]]
        if args.resize:
            photos = [cv2.resize(photo, tuple(args.resize)) for photo in photos]
        digest = weights_digest(spotter.detector.detector)
        fold_batch_norm(spotter.detector)
        ranges = measure_ranges(spotter.detector, photos)
    except (OSError, ValueError, ImageReadError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_ranges(args.out, ranges, digest)
    print(f'{args.out}: ranges of {len(ranges)} activations on {len(photos)} photos')
    return 0


if __name__ == '__main__':
    sys.exit(main())
