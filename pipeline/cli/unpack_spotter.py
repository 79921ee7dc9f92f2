"""Take the detector and the recognizer out of a spotter's file, to train them further.

    python tools/unpack_spotter.py --out DIR [--config CONFIG] [--checkpoint FILE]

writes DIR/detector.pth and DIR/recognizer.pth, which ``load_from`` of a training config takes.
Without a config these are the parts of the embedded default.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from pipeline.spotter import DEFAULT_CONFIG, TextSpotter


def main(argv: list[str] | None = None) -> int:
    """Unpack; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--config', default=DEFAULT_CONFIG, help='a config of configs/spotting')
    parser.add_argument('--checkpoint', help="the spotter's weights (default: the config's own)")
    parser.add_argument('--out', type=Path, required=True, metavar='DIR')
    args = parser.parse_args(argv)
    try:
        spotter = TextSpotter.from_config(args.config, args.checkpoint, as_trained=True)
    except (ValueError, FileNotFoundError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    args.out.mkdir(parents=True, exist_ok=True)
    for name, part in (
        ('detector', spotter.detector.detector),
        ('recognizer', spotter.recognizer),
    ):
        path = args.out / f'{name}.pth'
        torch.save({'state_dict': part.state_dict()}, path)
        print(f'{path}: {sum(p.numel() for p in part.parameters()) / 1e6:.1f} M parameters')
    return 0


if __name__ == '__main__':
    sys.exit(main())
