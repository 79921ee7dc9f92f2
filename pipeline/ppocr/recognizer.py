"""Conversion of published PP-OCRv6 recognizer weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from mmocr.models.common.dictionary import Dictionary
from torch import Tensor, nn

from pipeline.ppocr.charset import STAND_INS


def fill_in_order(parts: Iterable[nn.Module], weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Fill modules with weights in the order of their parameters.

    Args:
        parts: Modules, in the order of the published graph.
        weights: Arrays from :func:`read_onnx_weights`.

    Returns:
        The remaining weights.

    Raises:
        ValueError: If a shape differs or there are too few arrays.
    """
    rest = list(weights)
    for part in parts:
        state: dict[str, Tensor] = {}
        for name, parameter in part.state_dict().items():
            if _is_batch_norm(part, name):
                continue  # Folded in the file. ConvNorm initializes an identity when it loads.
            if not rest or rest[0].shape != tuple(parameter.shape):
                got = rest[0].shape if rest else 'the end of the file'
                raise ValueError(
                    f'{type(part).__name__}.{name} requires {tuple(parameter.shape)}, got {got}: '
                    'the file contains another network than the config.'
                )
            state[name] = torch.from_numpy(rest.pop(0).copy())
        part.load_state_dict(state)
    return rest


def _is_batch_norm(part: nn.Module, name: str) -> bool:
    return isinstance(part.get_submodule(name.rpartition('.')[0]), nn.BatchNorm2d)


def select_classes(
    weight: np.ndarray, bias: np.ndarray, characters: Sequence[str], dictionary: Dictionary
) -> tuple[Tensor, Tensor]:
    """Reorder the rows of a published CTC classifier for the dictionary of a recognizer.

    Published classes are the blank, the characters, then the space. Characters that the published
    dictionary does not contain use the row of their stand-in (``STAND_INS``).

    Args:
        weight: (L, D) published classifier.
        bias: (L,) published bias.
        characters: L - 2 characters of the published dictionary.
        dictionary: Dictionary of the recognizer. Its padding token is the blank.

    Returns:
        Weight (L', D) and bias (L',), L' the size of ``dictionary``.

    Raises:
        ValueError: If a character has no row and no stand-in.
    """
    if len(characters) + 2 != len(weight):
        raise ValueError(
            f'{len(weight)} classes require {len(weight) - 2} characters, got {len(characters)}.'
        )
    row_of = {character: row for row, character in enumerate(characters, 1)}
    row_of[' '] = len(weight) - 1
    rows, missing = [], []
    for index, character in enumerate(dictionary.dict):
        row = 0 if index == dictionary.padding_idx else row_of.get(character)
        if row is None:
            row = row_of.get(STAND_INS.get(character, ''))
        if row is None:
            missing.append(character)
        else:
            rows.append(row)
    if missing:
        raise ValueError(f'the published dictionary does not contain {" ".join(missing[:10])}')
    return torch.from_numpy(weight[rows]), torch.from_numpy(bias[rows])


def fill_from_onnx(
    recognizer: nn.Module, weights: Sequence[np.ndarray], characters: Sequence[str]
) -> None:
    """Fill a recognizer of ``configs/_base_/ppocrv6-*.py`` with the weights of an ONNX file.

    Args:
        recognizer: Recognizer with ``PPLCNetV4``, ``LightSVTREncoder`` and ``CTCDecoder``.
        weights: Arrays from :func:`read_onnx_weights`.
        characters: Published dictionary.

    Raises:
        ValueError: If the file contains another network.
    """
    model: Any = recognizer
    rest = fill_in_order([model.backbone, model.encoder], weights)
    if len(rest) != 2:
        raise ValueError(
            f'expected weight and bias of a classifier after the encoder, got {len(rest)} arrays.'
        )
    head = model.decoder.head
    weight, bias = select_classes(rest[0], rest[1], characters, model.decoder.dictionary)
    head.load_state_dict({'weight': weight, 'bias': bias})


def fill_from_transformers(
    recognizer: nn.Module, weights: Mapping[str, np.ndarray], characters: Sequence[str]
) -> None:
    """Fill a recognizer with weights of ``transformers``.

    Args:
        recognizer: Recognizer with ``PPLCNetV4``, ``LightSVTREncoder`` and ``CTCDecoder``.
        weights: Arrays from :func:`read_transformers_weights`.
        characters: Published dictionary.

    Raises:
        ValueError: If names or shapes differ.
    """
    model: Any = recognizer
    if 'decoder.head.weight' not in weights:
        raise ValueError('the file contains another network than the config: no classifier.')
    state = {name: torch.from_numpy(value) for name, value in weights.items()}
    weight, bias = select_classes(
        weights['decoder.head.weight'],
        weights['decoder.head.bias'],
        characters,
        model.decoder.dictionary,
    )
    state.update({'decoder.head.weight': weight, 'decoder.head.bias': bias})
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(f'the file contains another network than the config: {error}') from error
