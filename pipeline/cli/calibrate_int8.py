"""Let a spotter's detector compute in 8-bit integers on an x86 CPU, which halves its time.

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
from safetensors.torch import load_file, save

from pipeline.detection.quantize.int8 import measure_ranges
from pipeline.detection.quantize.int8_ranges import as_metadata
from pipeline.io import ImageReadError, iter_inputs
from pipeline.spotter import DEFAULT_CONFIG, TextSpotter
from pipeline.utils.atomic_write import write_whole


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
    if args.count < 1 or min(args.resize or (1, 1)) < 1:
        parser.error('--count and both sides of --resize must be at least 1.')
    try:
        config = Config.fromfile(args.config)
        spotter = TextSpotter.from_config(config, args.checkpoint, int8=False)
        weights = args.checkpoint or config.get('load_from')
        for path in (weights, args.out):
            if Path(path or '').suffix != '.safetensors':
                raise ValueError(
                    f'wanted .safetensors, as tools/pack_spotter.py writes, got {path}'
                )
        items = list(iter_inputs(args.photos))
        count = min(args.count, len(items))
        photos = [items[i * len(items) // count].load() for i in range(count)]
        if args.resize:
            photos = [cv2.resize(photo, tuple(args.resize)) for photo in photos]
        metadata = as_metadata(measure_ranges(spotter.detector, photos))
        write_whole(args.out, save(load_file(weights), metadata))
    except (OSError, ValueError, ImageReadError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    print(f'{args.out}: ranges of activations on {len(photos)} photos')
    return 0


if __name__ == '__main__':
    sys.exit(main())
