"""Put a trained detector and a trained recognizer into one safetensors file of a spotter.

    python tools/pack_spotter.py CONFIG [--detector PTH ...] [--recognizer PTH ...] --out FILE

CONFIG is a spotting config (model.type='TextSpotter') whose parts are those that were trained.
A part without a checkpoint comes from the embedded default. Of several checkpoints the average is
packed: those from before and after a further training often see more together than either does
(Wortsman et al., CVPR 2022, arXiv 2109.01903).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import nn

import pipeline.registration  # noqa: F401
from pipeline.detection.quantize.int8_ranges import as_metadata, load_int8_ranges
from pipeline.registry import MODELS
from pipeline.spotter import DEFAULT_CONFIG
from pipeline.utils.checkpoint import load_weights, save_weights


def main(argv: list[str] | None = None) -> int:
    """Pack; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config')
    checkpoints = 'checkpoint of its training run; several are averaged'
    parser.add_argument('--detector', nargs='+', metavar='PTH', help=checkpoints)
    parser.add_argument('--recognizer', nargs='+', metavar='PTH', help=checkpoints)
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
        for part, prefix, checkpoints in (
            (spotter.detector.detector, 'detector.detector.', args.detector),
            (spotter.recognizer, 'recognizer.', args.recognizer),
        ):
            if checkpoints:
                _load_average(part, checkpoints)
            else:
                load_weights(part, default, prefix=prefix)
    except (ValueError, FileNotFoundError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    ranges = None if args.detector else load_int8_ranges(default)
    metadata = None if ranges is None else as_metadata(ranges)
    save_weights(spotter, args.out, getattr(torch, args.dtype), metadata)
    print(f'{args.out}: {args.out.stat().st_size / 1e6:.1f} MB')
    if ranges is None:
        print('a DBNet reads twice as fast on an x86 CPU after tools/calibrate_int8.py')
    return 0


def _load_average(part: nn.Module, checkpoints: Sequence[str]) -> None:
    states = []
    for checkpoint in checkpoints:
        load_weights(part, checkpoint)
        states.append({name: value.clone() for name, value in part.state_dict().items()})
    # Whole numbers, such as the batches that a norm has counted, stay those of the last one.
    average = {
        name: torch.stack([state[name] for state in states]).mean(0)
        for name, value in states[-1].items()
        if value.is_floating_point()
    }
    part.load_state_dict({**states[-1], **average})


if __name__ == '__main__':
    sys.exit(main())
