"""``clipter calibrate-int8``: measure a detector's activation ranges, for 8-bit inference."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipeline.cli.common import DONE, CommandError, make_parser, positive_int, run_command
from pipeline.cli.config_files import find_config, read_config
from pipeline.utils.progress import track


def main(argv: list[str] | None = None) -> int:
    """Measure the ranges; returns the exit status."""
    parser = make_parser(
        'calibrate-int8',
        ['--photos photos/ --out spotter.safetensors',
         'spotting/default --checkpoint spotter.safetensors --photos photos/ '
         '--out spotter.safetensors'],
        'Runs the DBNet of a spotter on images in floating point, and writes the weights again '
        'with the\nrange of each activation. With the ranges, the detector takes half the time '
        'on an x86 CPU. A file\nof clipter pack-spotter has no ranges and is run in floating '
        'point.',
    )  # fmt: skip
    add = parser.add_argument
    add('config', nargs='?', metavar='CONFIG', help='spotting config (default: embedded)')
    add(
        '--checkpoint', metavar='FILE',
        help="weights of the spotter, .safetensors (default: the config's own)",
    )  # fmt: skip
    add(
        '--photos', nargs='+', required=True, metavar='PATH',
        help='images or folders of images that are not of a test set',
    )  # fmt: skip
    add(
        '--count', type=positive_int, default=16, metavar='N',
        help='number of images used, evenly spread over the given ones',
    )  # fmt: skip
    add(
        '--resize', type=positive_int, nargs=2, metavar=('W', 'H'),
        help='original size of images that are stored stretched',
    )  # fmt: skip
    add(
        '--out', type=Path, required=True, metavar='FILE',
        help='output file, .safetensors; may be the file of the weights',
    )  # fmt: skip
    return run_command(_calibrate, parser.parse_args(argv))


def _calibrate(args: argparse.Namespace) -> int:
    if args.config:
        find_config(args.config)

    import cv2
    from mmengine.config import Config
    from safetensors.torch import load_file, save

    from pipeline.detection.quantize.int8 import measure_ranges
    from pipeline.detection.quantize.int8_ranges import as_metadata
    from pipeline.io import iter_inputs
    from pipeline.spotter import DEFAULT_CONFIG, TextSpotter
    from pipeline.utils.atomic_write import write_whole
    from pipeline.utils.safetensors_file import is_safetensors

    config = read_config(args.config) if args.config else Config.fromfile(DEFAULT_CONFIG)
    spotter = TextSpotter.from_config(config, args.checkpoint, int8=False)
    weights = args.checkpoint or config.get('load_from')
    for file, is_wanted in (
        (weights, bool(weights) and is_safetensors(weights)),
        (args.out, args.out.suffix == '.safetensors'),
    ):
        if not is_wanted:
            raise CommandError(
                f'wanted .safetensors, as clipter pack-spotter writes it, got {file}'
            )
    items = list(iter_inputs(args.photos))
    number = min(args.count, len(items))
    photos = [items[i * len(items) // number].load() for i in range(number)]
    if args.resize:
        photos = [cv2.resize(photo, tuple(args.resize)) for photo in photos]
    metadata = as_metadata(measure_ranges(spotter.detector, track(photos, len(photos), 'image')))
    write_whole(args.out, save(load_file(weights), metadata))
    print(f'{args.out}: ranges of activations on {len(photos)} images')
    return DONE


if __name__ == '__main__':
    sys.exit(main())
