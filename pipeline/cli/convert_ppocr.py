"""Convert published PP-OCRv6 weights for the model of a config.

    python tools/convert_ppocr.py CONFIG --out FILE.pth [--weights FILE]

CONFIG has a recognizer or a detector of configs/_base_/ppocrv6-*.py. FILE is a published ONNX
file, or ``model.safetensors`` of PaddlePaddle's PP-OCRv6_small_rec_safetensors,
PP-OCRv6_medium_rec_safetensors, PP-OCRv6_small_det_safetensors or
PP-OCRv6_medium_det_safetensors on the Hugging Face Hub. By default it is the small network in
the wheel rapidocr==3.10.0 (Apache-2.0), which ``pip install -e '.[convert]'`` installs. The
result is for ``load_from`` of a training config.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

import pipeline.registration  # noqa: F401
from pipeline.ppocr.detector import fill_detector_from_onnx, fill_detector_from_transformers
from pipeline.ppocr.onnx_weights import read_onnx_weights
from pipeline.ppocr.recognizer import fill_from_onnx, fill_from_transformers
from pipeline.ppocr.transformers_weights import read_transformers_weights
from pipeline.registry import MODELS

RECOGNIZER = 'PP-OCRv6_rec_small.onnx'
DETECTOR = 'PP-OCRv6_det_small.onnx'
DICTIONARY = Path(__file__).parents[2] / 'data' / 'dicts' / 'ppocrv6.txt'


def main(argv: list[str] | None = None) -> int:
    """Convert; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='a config with a PP-OCRv6 model')
    parser.add_argument('--weights', type=Path, metavar='FILE', help='ONNX or safetensors')
    parser.add_argument('--out', type=Path, required=True, help='checkpoint to write (.pth)')
    args = parser.parse_args(argv)
    try:
        if not Path(args.config).is_file():
            raise FileNotFoundError(f'no config {args.config}')
        config = Config.fromfile(args.config).get('model') or {}
        if (config.get('backbone') or {}).get('type') != 'PPLCNetV4':
            raise ValueError(f'{args.config} requires a model with the backbone PPLCNetV4.')
        with DefaultScope.overwrite_default_scope('mmocr'):
            model = MODELS.build(config)
        published = DETECTOR if hasattr(model, 'det_head') else RECOGNIZER
        fill(model, args.weights or find_published(published))
    except (ImportError, ValueError, FileNotFoundError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    args.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({'state_dict': model.state_dict()}, args.out)
    print(f'{args.out}: {sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters')
    return 0


def fill(model: Any, path: Path) -> None:
    """Fill a recognizer or a detector from a published file of either format."""
    is_detector = hasattr(model, 'det_head')
    if path.suffix == '.safetensors':
        weights = read_transformers_weights(path, [len(stage) for stage in model.backbone.blocks])
        if is_detector:
            fill_detector_from_transformers(model, weights)
        else:
            # Without the space and the end of the file.
            characters = DICTIONARY.read_text(encoding='utf-8').split('\n')[:-2]
            fill_from_transformers(model, weights, characters)
        return
    arrays, metadata = read_onnx_weights(path)
    if is_detector:
        fill_detector_from_onnx(model, arrays)
    else:
        fill_from_onnx(model, arrays, metadata.get('character', '').split('\n'))


def find_published(name: str) -> Path:
    """The path of a model file of the installed ``rapidocr``.

    Raises:
        ImportError: If ``rapidocr`` is not installed.
        FileNotFoundError: If this version of it does not contain the file.
    """
    # Only looked up: importing rapidocr would load its engines.
    spec = importlib.util.find_spec('rapidocr')
    if spec is None or spec.origin is None:
        raise ImportError("rapidocr is not installed: pip install -e '.[convert]'")
    path = Path(spec.origin).parent / 'models' / name
    if not path.is_file():
        raise FileNotFoundError(f'no {name} in rapidocr; version 3.10.0 contains it.')
    return path


if __name__ == '__main__':
    sys.exit(main())
