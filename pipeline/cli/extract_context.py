"""Write the scene tokens of a data set's photos, so that training need not run the tower.

    python tools/extract_context.py CONFIG --out DIR [--split train val] [--batch-size N]
        [--device auto] [--workers N] [--cfg-options KEY=VALUE ...]

Photos that are in DIR already are left as they are: started again, it goes on where it stopped.
Then train with the tokens: python tools/train.py CONFIG --context-cache DIR
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from mmengine.config import Config, DictAction
from mmengine.registry import DefaultScope
from tqdm import tqdm

import pipeline.registration  # noqa: F401
from pipeline.datasets.extract_tokens import extract_tokens, find_photos
from pipeline.registry import MODELS
from pipeline.utils.device import choose_device


def main(argv: list[str] | None = None) -> int:
    """Fill a context cache; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='a config with a context encoder')
    parser.add_argument('--out', required=True, help='folder of the cache')
    parser.add_argument(
        '--split',
        nargs='+',
        default=['train'],
        help="train, val or test, or the config's name of a data set (default: train)",
    )
    parser.add_argument('--batch-size', type=int, default=32, help='photos a pass')
    parser.add_argument('--device', default='auto', help='auto, cpu or cuda[:N]')
    parser.add_argument('--workers', type=int, default=1, help='processes that decode photos')
    parser.add_argument('--shard-photos', type=int, default=512, help='photos a file')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, help='override the config')
    args = parser.parse_args(argv)
    try:
        return _extract(args)
    except (OSError, ValueError) as error:
        print(f'extract_context: {error}', file=sys.stderr)
    except KeyboardInterrupt:
        print(f'extract_context: stopped; what is in {args.out} is good', file=sys.stderr)
    return 1


def _extract(args: argparse.Namespace) -> int:
    if not Path(args.config).is_file():
        raise ValueError(f'no config {args.config}')
    config = Config.fromfile(args.config)
    if args.cfg_options:
        config.merge_from_dict(args.cfg_options)
    encoder_config = config.get('model', {}).get('context_encoder')
    if not encoder_config:
        raise ValueError(f'{args.config} has no model.context_encoder: nothing to extract')
    device = choose_device(args.device)
    with DefaultScope.overwrite_default_scope('mmocr'):
        photos = find_photos(config, args.split)
        encoder = MODELS.build(encoder_config).to(device)
        encoder.batch_size = args.batch_size
        start = time.perf_counter()
        with tqdm(total=len(photos), unit='photo', disable=None) as bar:
            added = extract_tokens(
                encoder,
                photos,
                args.out,
                workers=args.workers,
                shard_photos=args.shard_photos,
                report=bar.update,
            )
    seconds = time.perf_counter() - start
    print(
        f'{args.out}: {len(photos)} photos, {added} new in {seconds:.1f} s; '
        f'{encoder.num_tokens} tokens of {encoder.embed_dim} numbers each'
    )
    return 0


if __name__ == '__main__':
    sys.exit(main())
