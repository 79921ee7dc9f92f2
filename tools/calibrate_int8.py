"""Let a spotter's detector compute in 8-bit integers on a CPU, which halves its time.

    python tools/calibrate_int8.py [CONFIG] [--checkpoint FILE] --photos DIR --out FILE.safetensors

reads photos with its DBNet in floats and writes the weights again, together with what each
activation ranges over. A file from tools/pack_spotter.py has no ranges: it computes in floats.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
from mmengine.config import Config

from pipeline.checkpoint import save_int8_ranges
from pipeline.detection import measure_ranges
from pipeline.image_io import ImageReadError, iter_inputs
from pipeline.spotter import DEFAULT_CONFIG, TextSpotter


def main(argv: list[str] | None = None) -> int:
    """Measure; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add('config', nargs='?', default=DEFAULT_CONFIG, help='a config of configs/spotting')
    add('--checkpoint', help="the spotter's weights (default: the config's own)")
    add('--photos', nargs='+', required=True, help='photos or folders of photos, of no test set')
    add('--count', type=int, default=16, help='of these so many, evenly spread (default: 16)')
    add('--resize', type=int, nargs=2, metavar=('W', 'H'), help='for photos stored stretched')
    add('--out', type=Path, required=True, metavar='FILE', help='may be the file of the weights')
    args = parser.parse_args(argv)
    try:
        spotter = TextSpotter.from_config(args.config, args.checkpoint, int8=False)
        weights = Path(args.checkpoint or Config.fromfile(args.config).load_from)
        if weights.suffix != '.safetensors':
            raise ValueError(f'wanted weights in .safetensors, as packed, got {weights}')
        items = list(iter_inputs(args.photos))
        photos = [item.load() for item in items[:: max(1, len(items) // args.count)][: args.count]]
        if args.resize:
            photos = [cv2.resize(photo, tuple(args.resize)) for photo in photos]
        ranges = measure_ranges(spotter.detector, photos)
    except (OSError, ValueError, ImageReadError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    save_int8_ranges(ranges, weights, args.out)
    print(f'{args.out}: ranges of {len(ranges)} activations on {len(photos)} photos')
    return 0


if __name__ == '__main__':
    sys.exit(main())
