"""``clipter unpack-spotter``: write the two parts of a spotter's file as training checkpoints."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipeline.cli.common import DONE, add_spotter, make_parser, run_command
from pipeline.cli.config_files import find_config


def main(argv: list[str] | None = None) -> int:
    """Unpack a spotter; returns the exit status."""
    parser = make_parser(
        'unpack-spotter',
        ['--out work_dirs/default', '--config spotting/default --checkpoint spotter.safetensors '
         '--out work_dirs/mine'],
        'Writes DIR/detector.pth and DIR/recognizer.pth, which load_from of a training config '
        'accepts.',
    )  # fmt: skip
    add_spotter(parser)
    parser.add_argument('--out', type=Path, required=True, metavar='DIR', help='output folder')
    return run_command(_unpack, parser.parse_args(argv))


def _unpack(args: argparse.Namespace) -> int:
    unpack(args.out, args.config and find_config(args.config), args.checkpoint)
    return DONE


def unpack(out: Path, config: Path | None = None, checkpoint: str | None = None) -> None:
    """Write ``out/detector.pth`` and ``out/recognizer.pth``, by default of the embedded default."""
    import torch

    from pipeline.spotter import DEFAULT_CONFIG, TextSpotter

    spotter = TextSpotter.from_config(config or DEFAULT_CONFIG, checkpoint, as_trained=True)
    out.mkdir(parents=True, exist_ok=True)
    for name, part in (
        ('detector', spotter.detector.detector),
        ('recognizer', spotter.recognizer),
    ):
        path = out / f'{name}.pth'
        torch.save({'state_dict': part.state_dict()}, path)
        print(f'{path}: {sum(p.numel() for p in part.parameters()) / 1e6:.1f} M parameters')


if __name__ == '__main__':
    sys.exit(main())
