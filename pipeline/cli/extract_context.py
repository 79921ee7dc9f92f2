"""``clipter extract-context``: write the scene tokens of a data set's images to a cache."""

from __future__ import annotations

import argparse
import sys
import time

from pipeline.cli.common import (
    DONE,
    CommandError,
    Interrupted,
    add_config_options,
    add_device,
    count,
    make_parser,
    positive_int,
    run_command,
)
from pipeline.cli.config_files import find_config, read_config
from pipeline.cli.tower_options import add_tower, set_tower
from pipeline.utils.progress import Progress


def main(argv: list[str] | None = None) -> int:
    """Fill a context cache; returns the exit status."""
    parser = make_parser(
        'extract-context',
        ['recognition/parseq-tiny_clip-vit-b32_mhca-early_scenes --out data/tokens',
         'CONFIG --out data/tokens --split train val --device cuda'],
        'Training reads the tokens with clipter train CONFIG --context-cache DIR, without running '
        'the context\nencoder. Images that are in the cache already are skipped, so an '
        'interrupted run can be continued.',
    )  # fmt: skip
    add = parser.add_argument
    add('config', metavar='CONFIG', help='config with a context encoder, path or name')
    add('--out', required=True, metavar='DIR', help='folder of the cache')
    add(
        '--split', nargs='+', default=['train'], metavar='SPLIT',
        help="train, val or test, or the config's name of a data set (default: train)",
    )  # fmt: skip
    add('--batch-size', type=positive_int, default=32, metavar='N', help='images per batch')
    add_device(parser)
    add('--workers', type=count, default=1, metavar='N', help='processes that decode images')
    add('--shard-photos', type=positive_int, default=512, metavar='N', help='images per file')
    add_tower(parser)
    add_config_options(parser)
    return run_command(_extract, parser.parse_args(argv))


def _extract(args: argparse.Namespace) -> int:
    find_config(args.config)

    from mmengine.registry import DefaultScope

    import pipeline.registration  # noqa: F401
    from pipeline.datasets.extract_tokens import extract_tokens, find_photos
    from pipeline.registry import MODELS
    from pipeline.utils.device import choose_device

    config = read_config(args.config, args.cfg_options)
    set_tower(config, args.tower, args.pretrained)
    encoder_config = config.get('model', {}).get('context_encoder')
    if not encoder_config:
        raise CommandError(f'{args.config} has no model.context_encoder: nothing to extract')
    device = choose_device(args.device)
    start = time.perf_counter()
    try:
        with DefaultScope.overwrite_default_scope('mmocr'):
            photos = find_photos(config, args.split)
            encoder = MODELS.build(encoder_config).to(device)
            encoder.batch_size = args.batch_size
            start = time.perf_counter()
            with Progress(len(photos), 'image') as bar:
                added = extract_tokens(
                    encoder,
                    photos,
                    args.out,
                    workers=args.workers,
                    shard_photos=args.shard_photos,
                    report=bar.update,
                )
    except KeyboardInterrupt:
        raise Interrupted(
            f'interrupted; {args.out} is valid, and the same command continues'
        ) from None
    seconds = time.perf_counter() - start
    print(
        f'{args.out}: {len(photos)} images, {added} new in {seconds:.1f} s; '
        f'{encoder.num_tokens} tokens of {encoder.embed_dim} numbers each'
    )
    return DONE


if __name__ == '__main__':
    sys.exit(main())
