"""Attention of words to the keys of their own photo, without a copy of them for each word."""

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
    """Scaled dot product attention of each word to the scene of its photo.

    Queries do not see each other, so the words of one photo are asked as if they were one long
    word: its keys are used where they lie. Only words in mixed order get copies.

    Args:
        queries: (N, T, heads, width of a head).
        keys: (I, heads, S, width of a head).
        values: (I, heads, S, width), of a width of their own.
        image_index: (N,) int64 in [0, I), the photo of each word.
        runs: (image, start, stop) of words that come photo after photo, where they do.
        dropout: Of the attention weights.

    Returns:
        (N, T, heads * width) answers.
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
    answers = F.scaled_dot_product_attention(
        queries.transpose(1, 2), keys[image_index], values[image_index], dropout_p=dropout
    )  # (N, heads, T, width)
    return answers.transpose(1, 2).flatten(2)


def _attend_one(queries: Tensor, keys: Tensor, values: Tensor, dropout: float) -> Tensor:
    """Words of one photo, whose keys are (1, heads, S, width of a head)."""
    joined = queries.flatten(0, 1).transpose(0, 1).unsqueeze(0)  # (1, heads, n * T, width)
    answers = F.scaled_dot_product_attention(joined, keys, values, dropout_p=dropout)
    return answers[0].transpose(0, 1).unflatten(0, queries.shape[:2]).flatten(2)
