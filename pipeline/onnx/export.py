"""Export of a torch spotter to ONNX files."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

import json
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from mmocr.models.textdet.heads import DBHead
from torch import Tensor, nn

from pipeline.detection.db_word_postprocessor import DBWordPostprocessor
from pipeline.onnx.manifest import FILE_NAME, FORMAT
from pipeline.recognition.data_preprocessor import CropDataPreprocessor
from pipeline.recognition.decoders.ctc_decoder import CTCDecoder
from pipeline.torch_spotter import TorchTextSpotter
from pipeline.utils.atomic_write import write_whole

OPSET = 17


class DetectorGraph(nn.Module):
    """Images (N, H, W, 3) uint8 BGR -> text probability (N, H, W); H and W multiples of 32."""

    def __init__(self, detector: Any) -> None:
        super().__init__()
        self.backbone: Any = detector.backbone
        self.neck: Any = detector.neck if detector.with_neck else nn.Identity()
        self.binarize: Any = detector.det_head.binarize
        preprocessor = detector.data_preprocessor
        self.bgr_to_rgb = preprocessor._channel_conversion
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer('mean', preprocessor.mean.clone())
        self.register_buffer('std', preprocessor.std.clone())

    def forward(self, images: Tensor) -> Tensor:
        """Probability of text."""
        values = images.permute(0, 3, 1, 2).float()
        if self.bgr_to_rgb:
            values = values.flip(1)
        values = (values - self.mean) / self.std
        return self.binarize(self.neck(self.backbone(values)))[:, 0].sigmoid()


class RecognizerGraph(nn.Module):
    """Crops (N, height, W, 3) uint8 BGR -> CTC log probabilities (N, T, L)."""

    def __init__(self, recognizer: Any) -> None:
        super().__init__()
        self.backbone: Any = recognizer.backbone
        self.encoder: Any = recognizer.encoder
        self.decoder: Any = recognizer.decoder
        preprocessor = recognizer.data_preprocessor
        self.bgr_to_rgb = preprocessor.bgr_to_rgb
        self.pad_right = preprocessor.pad_right
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer('mean', preprocessor.mean.clone())
        self.register_buffer('std', preprocessor.std.clone())

    def forward(self, crops: Tensor) -> Tensor:
        """Log probabilities of the classes in each column."""
        values = crops.permute(0, 3, 1, 2).float()
        if self.bgr_to_rgb:
            values = values.flip(1)
        values = (values - self.mean) / self.std
        values = nn.functional.pad(values, (0, self.pad_right))
        features = self.backbone(values)
        return self.decoder.classify(self.encoder(features, None)).log_softmax(-1)


def export_spotter(spotter: TorchTextSpotter, folder: str | os.PathLike[str]) -> None:
    """Write ``detector.onnx``, ``recognizer.onnx`` and ``spotter.json``.

    Weights are stored in half precision and computed with in single precision. Numbers of images
    and crops, the size of images and the width of crops are dynamic.

    Args:
        spotter: A spotter on the CPU whose batch norms are folded
            (``TextSpotter.from_config(..., int8=False)``).
        folder: Output folder.

    Raises:
        ValueError: If a network is not supported: detectors need a DBHead with a
            ``DBWordPostprocessor``, recognizers a ``CTCDecoder`` without scene context.
    """
    detector, recognizer = spotter.detector.detector, spotter.recognizer
    if not isinstance(detector.det_head, DBHead) or not isinstance(
        detector.det_head.postprocessor, DBWordPostprocessor
    ):
        raise ValueError(
            f'{type(detector).__name__} with {type(detector.det_head).__name__} cannot be '
            'exported: wanted a DBHead whose postprocessor is a DBWordPostprocessor.'
        )
    decoder = getattr(recognizer, 'decoder', None)
    if not isinstance(decoder, CTCDecoder):
        raise ValueError(
            f'{type(recognizer).__name__} with {type(decoder).__name__} cannot be exported: '
            'wanted a recognizer with a CTCDecoder and without scene context.'
        )
    if not isinstance(recognizer.data_preprocessor, CropDataPreprocessor):
        raise ValueError(
            f'{type(recognizer.data_preprocessor).__name__} cannot be exported: wanted a '
            'CropDataPreprocessor.'
        )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    height = spotter.rectifier.height
    _export(
        DetectorGraph(detector),
        torch.zeros(1, 64, 96, 3, dtype=torch.uint8),
        folder / 'detector.onnx',
        {'images': {0: 'N', 1: 'H', 2: 'W'}, 'probability': {0: 'N', 1: 'H', 2: 'W'}},
    )
    _export(
        RecognizerGraph(recognizer),
        torch.zeros(2, height, 96, 3, dtype=torch.uint8),
        folder / 'recognizer.onnx',
        {'crops': {0: 'N', 2: 'W'}, 'log_probs': {0: 'N', 1: 'T'}},
    )
    manifest = json.dumps(_describe(spotter), ensure_ascii=False, indent=1)
    write_whole(folder / FILE_NAME, manifest + '\n')


def _describe(spotter: TorchTextSpotter) -> dict[str, Any]:
    pyramid, rectifier = spotter.detector.pyramid, spotter.rectifier
    decoder = spotter.recognizer.decoder
    reader, rescorer, language = decoder.head.reader, decoder.rescorer, decoder.language_model
    return {
        'format': FORMAT,
        'detector': {
            'file': 'detector.onnx',
            'pyramid': vars(pyramid),
            'words': vars(spotter.detector.detector.det_head.postprocessor.words),
        },
        'rectifier': {
            'size': [rectifier.height, list(rectifier.widths)],
            'mode': rectifier.mode,
            'margin': list(rectifier.margin),
            'vertical': rectifier.vertical,
        },
        'recognizer': {
            'file': 'recognizer.onnx',
            'characters': reader.characters,
            'blank': reader.blank,
            'word_break': reader.word_break,
            'unwritten': sorted(reader.unwritten),
            'pad_right': spotter.recognizer.data_preprocessor.pad_right,
            'language_model': None
            if language is None
            else {'words': language.words, 'order': language.order, 'surprise': language.surprise},
            'lm_weight': rescorer.lm_weight,
            'rescore_below': rescorer.rescore_below,
        },
        'min_score': spotter.min_score,
        'crop_batch_size': spotter.crop_batch_size,
    }


def _export(
    module: nn.Module, example: Tensor, path: Path, axes: dict[str, dict[int, str]]
) -> None:
    given, returned = axes
    # The exporter takes a path; the final file is written at once.
    with tempfile.TemporaryDirectory() as scratch, torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter('ignore')  # of tracing and of the exporter's future
        traced = str(Path(scratch, path.name))
        torch.onnx.export(
            module.eval().float(),
            (example,),
            traced,
            dynamo=False,
            opset_version=OPSET,
            input_names=[given],
            output_names=[returned],
            dynamic_axes=axes,
        )
        model = onnx.load(traced)
    store_in_half(model)
    write_whole(path, model.SerializeToString())


def store_in_half(model: onnx.ModelProto, least: int = 64) -> None:
    """Store the float32 weights of a model in half precision, in place.

    A ``Cast`` node brings each weight to float32 when the model is loaded, so that the graph
    computes in single precision.

    Args:
        model: ONNX model.
        least: Weights with fewer elements stay in float32.
    """
    casts = []
    for weight in model.graph.initializer:
        values = onnx.numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < least:
            continue
        name = weight.name
        weight.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), f'{name}_half'))
        casts.append(
            onnx.helper.make_node('Cast', [f'{name}_half'], [name], to=onnx.TensorProto.FLOAT)
        )
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
