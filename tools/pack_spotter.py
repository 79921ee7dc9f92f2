"""Put a trained detector and a trained recognizer into one safetensors file of a spotter.

    python tools/pack_spotter.py CONFIG [--detector DET.pth] [--recognizer REC.pth] --out FILE

CONFIG is a spotting config (model.type='TextSpotter') whose parts are those that were trained.
A part without a checkpoint comes from the embedded default.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

import pipeline  # noqa: F401  registers the modules that configs name
from pipeline.checkpoint import load_weights, save_weights
from pipeline.registry import MODELS
from pipeline.spotter import DEFAULT_CONFIG


def main(argv: list[str] | None = None) -> int:
    """Pack; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config')
    parser.add_argument('--detector', help='checkpoint of its training run')
    parser.add_argument('--recognizer', help='checkpoint of its training run')
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--dtype', choices=('float32', 'float16'), default='float16')
    args = parser.parse_args(argv)
    try:
        if not Path(args.config).is_file():
            raise FileNotFoundError(f'no config {args.config}')
        model = Config.fromfile(args.config).get('model') or {}
        if model.get('type') != 'TextSpotter':
            raise ValueError(f"{args.config}: wanted model.type='TextSpotter'")
        with DefaultScope.overwrite_default_scope('mmocr'):
            spotter = MODELS.build(model)
        default = DEFAULT_CONFIG.with_suffix('.safetensors')
        for part, prefix, checkpoint in (
            (spotter.detector.detector, 'detector.detector.', args.detector),
            (spotter.recognizer, 'recognizer.', args.recognizer),
        ):
            load_weights(part, checkpoint or default, prefix='' if checkpoint else prefix)
    except (ValueError, FileNotFoundError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    args.out.parent.mkdir(parents=True, exist_ok=True)
    save_weights(spotter, args.out, getattr(torch, args.dtype))
    print(f'{args.out}: {args.out.stat().st_size / 1e6:.1f} MB')
    return 0


if __name__ == '__main__':
    sys.exit(main())
