"""Attention of words to the keys of their own image, without copying the keys for each word."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

Runs = tuple[tuple[int, int, int], ...]


def attend_scene(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    image_index: Tensor,
    runs: Runs | None = None,
    dropout: float = 0.0,
) -> Tensor:
    """Scaled dot product attention of each word to the scene of its image.

    Queries are independent of each other, so the queries of all words of one image are concatenated
    and share its keys. Only words in mixed order need copies of the keys.

    Args:
        queries: (N, T, heads, width of a head).
        keys: (I, heads, S, width of a head).
        values: (I, heads, S, value width); the value width may differ.
        image_index: (N,) int64 in [0, I), image index of each word.
        runs: (image, start, stop) of consecutive words of one image; None if words are not grouped.
        dropout: Dropout probability of the attention weights.

    Returns:
        (N, T, heads * value width) attended values.
    """
    keys, values = keys.to(queries.dtype), values.to(queries.dtype)
    if len(keys) == 1:
        return _attend_one(queries, keys, values, dropout)
    if runs is not None:
        return torch.cat(
            [
                _attend_one(
                    queries[start:stop],
                    keys[image : image + 1],
                    values[image : image + 1],
                    dropout,
                )
                for image, start, stop in runs
            ]
        )
    attended = F.scaled_dot_product_attention(
        queries.transpose(1, 2), keys[image_index], values[image_index], dropout_p=dropout
    )  # (N, heads, T, width)
    return attended.transpose(1, 2).flatten(2)


def _attend_one(queries: Tensor, keys: Tensor, values: Tensor, dropout: float) -> Tensor:
    """Attention for words of one image, with keys (1, heads, S, width of a head)."""
    joined = queries.flatten(0, 1).transpose(0, 1).unsqueeze(0)  # (1, heads, n * T, width)
    attended = F.scaled_dot_product_attention(joined, keys, values, dropout_p=dropout)
    return attended[0].transpose(0, 1).unflatten(0, queries.shape[:2]).flatten(2)
