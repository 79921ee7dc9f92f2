"""``clipter export``: write a spotter as ONNX files."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

from pipeline.cli.common import DONE, CommandError, add_spotter, make_parser, run_command
from pipeline.cli.config_files import find_config


def main(argv: list[str] | None = None) -> int:
    """Export a spotter; returns the exit status."""
    parser = make_parser(
        'export',
        ['--out onnx/', '--config spotting/default --checkpoint spotter.safetensors --out onnx/'],
        'Writes DIR/detector.onnx, DIR/recognizer.onnx, DIR/spotter.json and, with scene context,\n'
        'DIR/scene_encoder.onnx. '
        "Requires onnx: pip install -e '.[export]'.",
    )
    add_spotter(parser)
    parser.add_argument('--out', type=Path, required=True, metavar='DIR', help='output folder')
    return run_command(_export, parser.parse_args(argv))


def _export(args: argparse.Namespace) -> int:
    config = args.config and find_config(args.config)

    if importlib.util.find_spec('onnx') is None:
        raise CommandError("onnx is not installed: pip install -e '.[export]'")
    from pipeline.onnx.export import export_spotter
    from pipeline.spotter import DEFAULT_CONFIG, TextSpotter

    # As trained: the export folds batch norms itself, which keeps weights in half precision exact.
    spotter = TextSpotter.from_config(config or DEFAULT_CONFIG, args.checkpoint, as_trained=True)
    export_spotter(spotter, args.out)
    for path in sorted(args.out.glob('*.onnx')):
        print(f'{path}: {path.stat().st_size / 1e6:.1f} MB')
    print(f'Read with it: clipter infer photo.jpg --onnx {args.out}')
    return DONE


if __name__ == '__main__':
    sys.exit(main())
