"""``clipter pack-spotter``: pack a trained detector and recognizer into one safetensors file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.common import DONE, CommandError, make_parser, run_command
from pipeline.cli.config_files import find_config, read_config

if TYPE_CHECKING:
    from torch import nn


def main(argv: list[str] | None = None) -> int:
    """Pack a spotter; returns the exit status."""
    parser = make_parser(
        'pack-spotter',
        ['spotting/default --detector work_dirs/detector.pth --out spotter.safetensors',
         'spotting/default --recognizer iter_8000.pth iter_9000.pth --out spotter.safetensors'],
        'A part without a checkpoint comes from the embedded default. Several checkpoints of one '
        'part are\naveraged: the average of the weights before and after further training is '
        'often better than either\n(Wortsman et al., CVPR 2022, arXiv 2109.01903).',
    )  # fmt: skip
    parser.add_argument(
        'config', metavar='CONFIG', help='spotting config of the trained parts, path or name'
    )
    checkpoints = 'checkpoints of its training run; several are averaged'
    parser.add_argument('--detector', nargs='+', metavar='PTH', help=checkpoints)
    parser.add_argument('--recognizer', nargs='+', metavar='PTH', help=checkpoints)
    parser.add_argument('--out', type=Path, required=True, metavar='FILE', help='output file')
    parser.add_argument(
        '--dtype',
        choices=('float32', 'float16'),
        default='float16',
        help='precision of the packed weights',
    )
    return run_command(_pack, parser.parse_args(argv))


def _pack(args: argparse.Namespace) -> int:
    path = find_config(args.config)

    import torch
    from mmengine.registry import DefaultScope

    import pipeline.registration  # noqa: F401
    from pipeline.registry import MODELS
    from pipeline.spotter import DEFAULT_CONFIG
    from pipeline.utils.checkpoint import load_weights, save_weights

    model = read_config(args.config).get('model') or {}
    if model.get('type') != 'TextSpotter':
        raise CommandError(f"{path}: wanted model.type='TextSpotter', got {model.get('type')!r}")
    with DefaultScope.overwrite_default_scope('mmocr'):
        spotter = MODELS.build(model)
    default = DEFAULT_CONFIG.with_suffix('.safetensors')
    for part, prefix, checkpoints in (
        (spotter.detector.detector, 'detector.detector.', args.detector),
        (spotter.recognizer, 'recognizer.', args.recognizer),
    ):
        if checkpoints:
            _load_average(part, checkpoints)
        else:
            load_weights(part, default, prefix=prefix)
    save_weights(spotter, args.out, getattr(torch, args.dtype))
    print(f'{args.out}: {args.out.stat().st_size / 1e6:.1f} MB')
    return DONE


def _load_average(part: nn.Module, checkpoints: Sequence[str]) -> None:
    """Load the average of several checkpoints."""
    import torch

    from pipeline.utils.checkpoint import load_weights

    states = []
    for checkpoint in checkpoints:
        load_weights(part, checkpoint)
        states.append({name: value.clone() for name, value in part.state_dict().items()})
    # Integers, such as the batch count of a norm, are those of the last checkpoint.
    average = {
        name: torch.stack([state[name] for state in states]).mean(0)
        for name, value in states[-1].items()
        if value.is_floating_point()
    }
    part.load_state_dict({**states[-1], **average})


if __name__ == '__main__':
    sys.exit(main())
