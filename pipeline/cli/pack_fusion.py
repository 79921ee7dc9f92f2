"""``clipter pack-fusion``: write the fusion of a trained context recognizer to a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipeline.cli.common import DONE, existing_file, make_parser, run_command


def main(argv: list[str] | None = None) -> int:
    """Write the fusion; returns the exit status."""
    parser = make_parser(
        'pack-fusion',
        ['work_dirs/context/iter_2000.pth --out pipeline/weights/default_context.safetensors'],
        'clipter infer --context on adds the file pipeline/weights/default_context.safetensors '
        'to the embedded\ndefault. Its fusion must be that of pipeline/weights/default_context.py.',
    )  # fmt: skip
    parser.add_argument(
        'checkpoint', type=existing_file, metavar='CHECKPOINT', help='weights of a context '
        'recognizer'
    )  # fmt: skip
    parser.add_argument('--out', type=Path, required=True, metavar='FILE', help='output file')
    parser.add_argument(
        '--dtype', choices=('float16', 'float32'), default='float16', help='dtype in the file'
    )
    return run_command(_pack, parser.parse_args(argv))


def _pack(args: argparse.Namespace) -> int:
    import torch

    from pipeline.embedded_context import save_fusion

    parameters = save_fusion(args.checkpoint, args.out, getattr(torch, args.dtype))
    size = args.out.stat().st_size
    print(f'{args.out}: {parameters / 1e3:.0f} k parameters, {size / 1e6:.1f} MB')
    return DONE


if __name__ == '__main__':
    sys.exit(main())
