"""Export of a torch spotter to ONNX files."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

import inspect
import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from mmocr.models.textdet.heads import DBHead
from mmocr.models.textrecog.decoders import BaseDecoder
from torch import Tensor

from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.clipter.encoder.clip_image_encoder import ClipImageEncoder
from pipeline.detection.db_word_postprocessor import DBWordPostprocessor
from pipeline.onnx.conversion import convert
from pipeline.onnx.graphs import DetectorGraph, MapGraph, RecognizerGraph, SceneEncoderGraph
from pipeline.onnx.manifest import CHARACTERS_NAME, FILE_NAME, FORMAT
from pipeline.recognition.decoders.ctc_decoder import CTCDecoder
from pipeline.recognition.decoders.parseq_decoder import PARSeqDecoder
from pipeline.torch_spotter import TorchTextSpotter
from pipeline.utils.atomic_write import write_whole

_DETECTOR, _RECOGNIZER, _ENCODER = 'detector.onnx', 'recognizer.onnx', 'scene_encoder.onnx'


def export_spotter(spotter: TorchTextSpotter, folder: str | os.PathLike[str]) -> None:
    """Write ``detector.onnx``, ``recognizer.onnx`` and ``spotter.json``.

    Spotters with scene context also have ``scene_encoder.onnx``; the scene tokens and the image
    index of each crop are the second and third input of their recognizer. Numbers of images, crops
    and scenes, the size of images and the width of crops are dynamic. Autoregressive decoders are
    unrolled to their longest text.

    Weights are stored in half precision where this is exact, and computed with in single precision.

    Args:
        spotter: A spotter on the CPU whose detector computes in floating point
            (``TextSpotter.from_config(..., as_trained=True)``).
        folder: Output folder.

    Raises:
        ValueError: If ONNX lacks an operation of a network, or a graph computes other values than
            torch, for example because it depends on the number of crops.
    """
    folder = Path(folder)
    detector, recognizer = spotter.detector.detector, spotter.recognizer
    # Before the folder is made, so that an unsupported spotter leaves nothing.
    detector_settings = _describe_detector(spotter)
    recognizer_settings = _describe_recognizer(spotter)
    folder.mkdir(parents=True, exist_ok=True)
    by_map = 'words' in detector_settings
    divisor = spotter.detector.pyramid.divisor
    convert(
        MapGraph(detector) if by_map else DetectorGraph(detector),
        [{'images': _images(1, 2, 3, divisor)}, {'images': _images(2, 4, 2, divisor)}],
        {'images': {0: 'N', 1: 'H', 2: 'W'}},
        folder / _DETECTOR,
    )
    context = None
    if spotter.has_context:
        context = _export_scene_encoder(recognizer.context_encoder, folder)
    convert(
        RecognizerGraph(recognizer if context else _plain(recognizer)),
        _crop_examples(spotter, context is not None),
        {
            'crops': {0: 'N', 2: 'W'} if len(spotter.rectifier.widths) > 1 else {0: 'N'},
            **({'tokens': {0: 'I'}, 'image_index': {0: 'N'}} if context else {}),
        },
        folder / _RECOGNIZER,
    )
    dictionary = recognizer_settings.pop('dictionary_file', None)
    if dictionary is not None:
        shutil.copyfile(dictionary, folder / CHARACTERS_NAME)
    rectifier = spotter.rectifier
    manifest = {
        'format': FORMAT,
        'detector': detector_settings,
        'rectifier': {
            'size': [rectifier.height, list(rectifier.widths)],
            'mode': rectifier.mode,
            'margin': list(rectifier.margin),
            'vertical': rectifier.vertical,
        },
        **({'context': context} if context else {}),
        'recognizer': recognizer_settings,
        'min_score': spotter.min_score,
        'crop_batch_size': spotter.crop_batch_size,
        'vote_below': spotter.vote_below,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    write_whole(folder / FILE_NAME, text + '\n')


def _describe_detector(spotter: TorchTextSpotter) -> dict[str, Any]:
    detector = spotter.detector.detector
    pyramid = spotter.detector.pyramid.arguments
    settings: dict[str, Any] = {'file': _DETECTOR, 'pyramid': pyramid}
    head = getattr(detector, 'det_head', None)
    if head is None or not hasattr(head, 'postprocessor'):
        raise ValueError(
            f'{type(detector).__name__} cannot be exported: wanted a detector with a det_head and '
            'its postprocessor, as those of MMOCR except Mask R-CNN.'
        )
    if isinstance(head, DBHead) and isinstance(head.postprocessor, DBWordPostprocessor):
        return settings | {'words': vars(head.postprocessor.words)}
    node = _config_of(spotter, 'detector', 'detector')['det_head']
    return settings | {'postprocessor': _part(node, head, 'postprocessor')}


def _describe_recognizer(spotter: TorchTextSpotter) -> dict[str, Any]:
    recognizer = _plain(spotter.recognizer)
    decoder = getattr(recognizer, 'decoder', None)
    settings: dict[str, Any] = {'file': _RECOGNIZER}
    if isinstance(decoder, CTCDecoder):
        reader, rescorer, language = decoder.head.reader, decoder.rescorer, decoder.language_model
        return settings | {
            'characters': reader.characters,
            'blank': reader.blank,
            'word_break': reader.word_break,
            'unwritten': sorted(reader.unwritten),
            'pad_right': recognizer.data_preprocessor.pad_right,
            'language_model': None
            if language is None
            else {'words': language.words, 'order': language.order, 'surprise': language.surprise},
            'lm_weight': rescorer.lm_weight,
            'rescore_below': rescorer.rescore_below,
        }
    if decoder is None or not hasattr(decoder, 'postprocessor'):
        raise ValueError(
            f'{type(recognizer).__name__} with {type(decoder).__name__} cannot be exported: wanted '
            'a recognizer with a decoder and its postprocessor.'
        )
    if type(decoder).predict not in (BaseDecoder.predict, PARSeqDecoder.predict):
        raise ValueError(
            f'{type(decoder).__name__} cannot be exported: it reads in its own way, not with its '
            'postprocessor. Use a CTCDecoder or a PARSeqDecoder.'
        )
    node = _config_of(spotter, 'recognizer')
    node = node.get('recognizer', node)['decoder']
    dictionary = dict(node['dictionary'])
    file = dictionary.pop('dict_file')
    settings |= {
        'postprocessor': _part(node, decoder, 'postprocessor'),
        'dictionary': dictionary | {'dict_file': CHARACTERS_NAME},
        'dictionary_file': file,
    }
    if hasattr(decoder, 'decode_ar'):
        way = 'autoregressive, unrolled' if decoder.decode_ar else 'all characters at once'
        settings['decoding'] = {'first': way, 'refine_iters': decoder.refine_iters}
    return settings


def _config_of(spotter: TorchTextSpotter, *names: str) -> dict[str, Any]:
    node: Any = spotter.config
    for name in names:
        node = (node or {}).get(name)
    if node is None:
        raise ValueError(
            'this spotter has no config, which the export requires for postprocessors of MMOCR: '
            'build it with TextSpotter.from_config.'
        )
    return node


def _part(node: dict[str, Any], owner: Any, name: str) -> dict[str, Any]:
    """Config of a part: that of the config file, or the default of the owner's class."""
    part = node.get(name)
    if part is None:
        part = inspect.signature(type(owner).__init__).parameters[name].default
    if not isinstance(part, dict):
        raise ValueError(f'{type(owner).__name__} cannot be exported: it has no {name}.')
    return {key: value for key, value in part.items() if key not in ('dictionary', 'max_seq_len')}


def _plain(recognizer: Any) -> Any:
    return recognizer.recognizer if isinstance(recognizer, ContextRecognizer) else recognizer


def _export_scene_encoder(encoder: Any, folder: Path) -> dict[str, Any]:
    if not isinstance(encoder, ClipImageEncoder):
        raise ValueError(f'{type(encoder).__name__} cannot be exported: wanted a ClipImageEncoder.')
    sizes = [_noise(count, *encoder.image_size) for count in (1, 2)]
    convert(
        SceneEncoderGraph(encoder),
        [{'images': images} for images in sizes],
        {'images': {0: 'I'}},
        folder / _ENCODER,
    )
    return {
        'file': _ENCODER,
        'size': list(encoder.image_size),
        'interpolation': encoder.interpolation,
        'batch_size': encoder.batch_size,
    }


def _images(count: int, rows: int, columns: int, divisor: int) -> Tensor:
    side = max(64, divisor)
    return _noise(count, rows * side, columns * side)


def _noise(count: int, height: int, width: int) -> Tensor:
    generator = torch.Generator().manual_seed(count)
    return torch.randint(0, 256, (count, height, width, 3), generator=generator).to(torch.uint8)


def _crop_examples(spotter: TorchTextSpotter, with_scene: bool) -> list[dict[str, Tensor]]:
    widths = spotter.rectifier.widths
    middle = widths[len(widths) // 2]
    examples = []
    for count, width, images in ((2, middle, 2), (3, widths[-1], 1), (1, widths[0], 3)):
        example = {'crops': _noise(count, spotter.rectifier.height, width)}
        if with_scene:
            encoder = spotter.recognizer.context_encoder
            generator = torch.Generator().manual_seed(count)
            shape = (images, encoder.num_tokens, encoder.embed_dim)
            example['tokens'] = torch.randn(shape, generator=generator)
            example['image_index'] = torch.arange(count) % images
        examples.append(example)
    return examples
