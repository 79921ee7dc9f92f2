"""``clipter browse-dataset``: pictures of what a training run sees, as MMOCR's browse_dataset."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipeline.cli.common import (
    DONE,
    CommandError,
    add_config_options,
    existing_folder,
    make_parser,
    positive_int,
    run_command,
)
from pipeline.cli.config_files import read_config


def main(argv: list[str] | None = None) -> int:
    """Draw the samples; returns the exit status."""
    parser = make_parser(
        'browse-dataset',
        ['detection/ppocrv6-small-det_own --data my_photos/',
         'recognition/parseq-small_words -n 40 -o browse/'],
        'Draws samples after all transforms: images with their polygons for detectors, crops with '
        'their texts\nfor recognizers.',
    )  # fmt: skip
    add = parser.add_argument
    add('config', metavar='CONFIG', help='path of a config, or its name in configs/')
    add(
        '--data', type=existing_folder, metavar='DIR',
        help='your own annotated images, for the configs named *_own',
    )  # fmt: skip
    add('-p', '--phase', choices=('train', 'val', 'test'), default='train', help='data loader')
    add('-n', '--show-number', type=positive_int, default=20, metavar='N', help='samples drawn')
    add(
        '-o', '--output-dir', type=Path, default=Path('browse'), metavar='DIR',
        help='folder of the pictures',
    )  # fmt: skip
    add_config_options(parser)
    return run_command(_browse, parser.parse_args(argv))


def _browse(args: argparse.Namespace) -> int:
    config = read_config(args.config, args.cfg_options)

    import numpy as np
    from mmengine.registry import DefaultScope

    import pipeline.registration  # noqa: F401
    from pipeline.analysis.training_samples import draw_sample
    from pipeline.cli.own_data import use_own_data
    from pipeline.registry import DATASETS
    from pipeline.utils.atomic_write import write_whole
    from pipeline.utils.progress import track

    if args.data is not None:
        use_own_data(config, args.data)
    loader = config.get(f'{args.phase}_dataloader')
    if not loader:
        raise CommandError(f'{args.config} has no {args.phase}_dataloader')
    with DefaultScope.overwrite_default_scope('mmocr'):
        dataset = DATASETS.build(loader.dataset)
    count = min(args.show_number, len(dataset))
    chosen = np.random.default_rng(0).permutation(len(dataset))[:count]
    for number, index in enumerate(track(chosen.tolist(), count, 'sample')):
        picture = draw_sample(dataset[index])
        write_whole(args.output_dir / f'{number:04d}.png', picture)
    print(f'{count} of {len(dataset):,} samples in {args.output_dir}')
    return DONE


if __name__ == '__main__':
    sys.exit(main())
