"""``clipter convert-ppocr``: convert published PP-OCRv6 weights for the model of a config."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import Any

from pipeline.cli.common import DONE, CommandError, make_parser, run_command
from pipeline.cli.config_files import find_config, read_config

RECOGNIZER = 'PP-OCRv6_rec_small.onnx'
DETECTOR = 'PP-OCRv6_det_small.onnx'


def main(argv: list[str] | None = None) -> int:
    """Convert the weights; returns the exit status."""
    parser = make_parser(
        'convert-ppocr',
        ['recognition/ppocrv6-small_synth-real --out work_dirs/ppocrv6-small.pth',
         'recognition/ppocrv6-medium_synth-real_large-batch --weights model.safetensors '
         '--out work_dirs/ppocrv6-medium.pth'],
        'The model of CONFIG is a recognizer or a detector of configs/_base_/ppocrv6-*.py. The '
        'weights are\na published ONNX file, or model.safetensors of '
        'PP-OCRv6_{small,medium}_{rec,det}_safetensors of\nPaddlePaddle on the Hugging Face Hub. '
        'load_from of a training config accepts the result.',
    )  # fmt: skip
    parser.add_argument(
        'config', metavar='CONFIG', help='config with a PP-OCRv6 model, path or name'
    )
    parser.add_argument(
        '--weights', type=Path, metavar='FILE',
        help='ONNX or safetensors file (default: the small network in the wheel '
        "rapidocr==3.10.0, which pip install '.[convert]' installs)",
    )  # fmt: skip
    parser.add_argument(
        '--out', type=Path, required=True, metavar='PTH', help='checkpoint to write'
    )
    return run_command(_convert, parser.parse_args(argv))


def _convert(args: argparse.Namespace) -> int:
    path = find_config(args.config)

    import torch
    from mmengine.registry import DefaultScope

    import pipeline.registration  # noqa: F401
    from pipeline.registry import MODELS

    config = read_config(args.config).get('model') or {}
    if (config.get('backbone') or {}).get('type') != 'PPLCNetV4':
        raise CommandError(f'{path} requires a model with the backbone PPLCNetV4.')
    with DefaultScope.overwrite_default_scope('mmocr'):
        model = MODELS.build(config)
    published = DETECTOR if hasattr(model, 'det_head') else RECOGNIZER
    fill(model, args.weights or find_published(published))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({'state_dict': model.state_dict()}, args.out)
    print(f'{args.out}: {sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters')
    return DONE


def fill(model: Any, path: Path) -> None:
    """Fill a recognizer or a detector from a published file of either format."""
    from pipeline.ppocr.detector import fill_detector_from_onnx, fill_detector_from_transformers
    from pipeline.ppocr.onnx_weights import read_onnx_weights
    from pipeline.ppocr.recognizer import fill_from_onnx, fill_from_transformers
    from pipeline.ppocr.transformers_weights import read_transformers_weights
    from pipeline.utils.safetensors_file import is_safetensors

    is_detector = hasattr(model, 'det_head')
    if path.is_file() and is_safetensors(path):
        weights = read_transformers_weights(path, [len(stage) for stage in model.backbone.blocks])
        if is_detector:
            fill_detector_from_transformers(model, weights)
        else:
            # The space and the empty text after the last line are left out.
            characters = _dictionary().read_text(encoding='utf-8').split('\n')[:-2]
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
    # Only the path is needed: importing rapidocr would load its engines.
    spec = importlib.util.find_spec('rapidocr')
    if spec is None or spec.origin is None:
        raise ImportError("rapidocr is not installed: pip install -e '.[convert]'")
    path = Path(spec.origin).parent / 'models' / name
    if not path.is_file():
        raise FileNotFoundError(f'no {name} in rapidocr; version 3.10.0 contains it.')
    return path


def _dictionary() -> Path:
    """``data/dicts/ppocrv6.txt`` of the checkout or of the installed package."""
    package = Path(__file__).parents[1]
    paths = [root / 'data' / 'dicts' / 'ppocrv6.txt' for root in (package.parent, package)]
    return next((path for path in paths if path.is_file()), paths[0])


if __name__ == '__main__':
    sys.exit(main())
