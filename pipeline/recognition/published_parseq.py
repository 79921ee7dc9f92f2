"""Conversion of the weights that PARSeq's authors publish."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

import re
import string
from collections.abc import Mapping
from typing import Any

from mmocr.models.common.dictionary import Dictionary
from torch import Tensor

_ALPHANUMERIC = string.digits + string.ascii_lowercase
_CHARSETS = (
    _ALPHANUMERIC,
    _ALPHANUMERIC + string.ascii_uppercase,
    _ALPHANUMERIC + string.ascii_uppercase + string.punctuation,
)
PUBLISHED_CHARSETS = {len(charset): charset for charset in _CHARSETS}
"""The three charsets of the published models, by their length: 36, 62 and 94."""

_EMBEDDING, _HEAD = 'text_embed.embedding.weight', ('head.weight', 'head.bias')
_REQUIRED = (_EMBEDDING, *_HEAD, 'pos_queries', 'encoder.pos_embed')

_BLOCK, _LAYER = r'^(encoder\.blocks\.\d+\.)', r'^(decoder\.layers\.\d+\.)'
_RENAMED = (
    (r'^encoder\.patch_embed\.', 'encoder.stem.'),
    (rf'{_BLOCK}norm1\.', r'\1norm_attn.'),
    (rf'{_BLOCK}norm2\.', r'\1norm_mlp.'),
    (rf'{_BLOCK}attn\.proj\.', r'\1attn.to_out.'),
    (rf'{_BLOCK}mlp\.fc1\.', r'\1mlp.expand.'),
    (rf'{_BLOCK}mlp\.fc2\.', r'\1mlp.contract.'),
    (rf'{_LAYER}norm_q\.', r'\1norm_query.'),
    (rf'{_LAYER}norm_c\.', r'\1norm_content.'),
    (rf'{_LAYER}norm1\.', r'\1norm_cross.'),
    (rf'{_LAYER}norm2\.', r'\1norm_mlp.'),
    (rf'{_LAYER}(self_attn|cross_attn)\.out_proj\.', r'\1\2.to_out.'),
    (rf'{_LAYER}linear1\.', r'\1mlp.expand.'),
    (rf'{_LAYER}linear2\.', r'\1mlp.contract.'),
    (r'^pos_queries$', 'decoder.pos_queries'),
    (r'^text_embed\.embedding\.', 'decoder.char_embed.'),
    (r'^head\.', 'decoder.head.'),
)
# The rows of these matrices are queries, keys and values, in this order.
_STACKED = re.compile(r'^(.*\.(?:attn|self_attn|cross_attn)\.)(?:qkv\.|in_proj_)(weight|bias)$')


def is_published_parseq(state: Mapping[str, Any]) -> bool:
    """Whether a state dict has the names of PARSeq's authors."""
    return _find_wrapper(state) is not None


def convert_published_parseq(
    checkpoint: Mapping[str, Any], dictionary: Dictionary, charset: str | None = None
) -> dict[str, Tensor]:
    """Convert the weights of github.com/baudm/parseq to the parameter names of ``PARSeq``.

    Both models compute the same function. This package differs in the parameter names, in
    separate projections of queries and of keys with values, and in the order of the classes. The
    published order is EOS, the charset, BOS, PAD, and the published classifier has no BOS and
    PAD. The classifier rows of BOS and PAD, which ``PARSeqDecoder`` never predicts, are zero.

    The published files were not available during development. Names and shapes follow the
    published code (version 1.0.0 and later). The conversion is tested with generated files of
    these names and shapes, and against a second implementation.

    Args:
        checkpoint: State dict as published, or a Lightning checkpoint that contains one under
            ``state_dict``. Newer checkpoints have the prefix ``model.`` before each name.
        dictionary: Dictionary of the decoder. Its characters may be in any order.
        charset: Characters of the checkpoint, in its order. None reads them from the checkpoint's
            ``hyper_parameters``. A plain state dict contains no charset; the number of classes
            then selects one of ``PUBLISHED_CHARSETS``.

    Returns:
        A state dict. Parameters that PARSeq does not have keep their names.

    Raises:
        ValueError: If ``checkpoint`` is not a PARSeq checkpoint, its charset is unknown, or the
            dictionary has different characters or tokens other than BOS, EOS and PAD.
    """
    state = checkpoint.get('state_dict', checkpoint)
    wrapper = _find_wrapper(state)
    if wrapper is None:
        raise ValueError(
            f'wanted a state dict with the names of PARSeq ({", ".join(_REQUIRED)}), got '
            f'{", ".join(list(state)[:4])} ...'
        )
    published = {name.removeprefix(wrapper): value for name, value in state.items()}
    if charset is None:
        charset = dict(checkpoint.get('hyper_parameters') or {}).get('charset_train')
    rows = _match_classes(published, dictionary, charset)
    converted: dict[str, Tensor] = {}
    for name, value in published.items():
        if name == _EMBEDDING or name in _HEAD:
            value = _arrange_classes(value, rows)
        stacked = _STACKED.match(name)
        if stacked:
            width = len(value) // 3
            converted[f'{stacked[1]}to_query.{stacked[2]}'] = value[:width].clone()
            converted[f'{stacked[1]}to_key_value.{stacked[2]}'] = value[width:].clone()
        else:
            converted[_rename(name)] = value
    return converted


def _find_wrapper(state: Mapping[str, Any]) -> str | None:
    """Prefix of each name, or None if the names are not PARSeq's."""
    for wrapper in ('', 'model.'):
        if all(f'{wrapper}{name}' in state for name in _REQUIRED):
            return wrapper
    return None


def _rename(name: str) -> str:
    for pattern, replacement in _RENAMED:
        name, found = re.subn(pattern, replacement, name)
        if found:
            break
    return name


def _match_classes(
    published: Mapping[str, Tensor], dictionary: Dictionary, charset: str | None
) -> list[int]:
    """Row in the published order (EOS, the charset, BOS, PAD) of each class of the dictionary."""
    count = len(published['head.weight']) - 1
    charset = PUBLISHED_CHARSETS.get(count) if charset is None else charset
    if charset is None:
        raise ValueError(
            f'the checkpoint has {count} characters, but contains no charset, and the published '
            f'charsets have {", ".join(map(str, PUBLISHED_CHARSETS))}. Convert it with '
            'pipeline.recognition.published_parseq.convert_published_parseq(..., charset=...).'
        )
    if len(charset) != count or len(published[_EMBEDDING]) != count + 3:
        raise ValueError(
            f'a charset of {len(charset)} requires {len(charset) + 1} rows in the classifier and '
            f'{len(charset) + 3} in the embedding, got {count + 1} and '
            f'{len(published[_EMBEDDING])}. Pass the charset that this checkpoint was trained on.'
        )
    end, start, padding = dictionary.end_idx, dictionary.start_idx, dictionary.padding_idx
    tokens = {end, start, padding} - {None}
    if len(tokens) < 3 or dictionary.unknown_idx is not None:
        raise ValueError(
            'PARSeq requires three separate tokens BOS, EOS and PAD. Set with_start=True, '
            'with_end=True, with_padding=True, same_start_end=False and with_unknown=False in the '
            'dictionary.'
        )
    wanted = [char for index, char in enumerate(dictionary.dict) if index not in tokens]
    if set(wanted) != set(charset):
        raise ValueError(
            f"the model's dictionary has {_describe(wanted)}, but the checkpoint has "
            f'{_describe(charset)}. Write these to a file, one per line, and set dict_file to it '
            "in the decoder's dictionary, or use a checkpoint with the dictionary's characters."
        )
    rows = {dictionary.char2idx(char): 1 + place for place, char in enumerate(charset)}
    rows |= {end: 0, start: count + 1, padding: count + 2}
    return [rows[index] for index in range(dictionary.num_classes)]


def _arrange_classes(value: Tensor, rows: list[int]) -> Tensor:
    """Reorder rows to the classes of the dictionary. Classes without a published row are zero."""
    arranged = value.new_zeros(len(rows), *value.shape[1:])
    for index, published_row in enumerate(rows):
        if published_row < len(value):
            arranged[index] = value[published_row]
    return arranged


def _describe(chars: list[str] | str) -> str:
    text = ''.join(chars)
    return f'{len(text)} characters {text if len(text) <= 94 else text[:94] + "..."!r}'
