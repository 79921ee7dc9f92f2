"""Reading orders and their attention masks.

A word of M characters is the sequence BOS, c1 .. cM, EOS at positions 0 .. M + 1. A permutation
lists these positions in reading order, with BOS first. The left-to-right order of a three-letter
word is (0, 1, 2, 3, 4), with EOS last.
"""

from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
import torch
from torch import Tensor

# Up to this length all orders are listed, because random draws would repeat orders.
MAX_LISTED_CHARS = 4


def draw_permutations(
    num_chars: int,
    perm_num: int,
    rng: np.random.Generator,
    perm_forward: bool = True,
    perm_mirrored: bool = True,
) -> Tensor:
    """Draw the reading orders of one training step.

    The rules are those of PARSeq (Bautista & Atienza, ECCV 2022). Left-to-right is first, each
    order is followed by its mirror, and the number of orders is at most the number of
    permutations of the word. The mirror of left-to-right reads EOS before the characters, so that
    it is a full reversal.

    Args:
        num_chars: Number of characters M of the longest word in the batch.
        perm_num: Maximum number of orders, including mirrors.
        rng: Random generator.
        perm_forward: Whether left-to-right is always included.
        perm_mirrored: Whether each order is paired with its mirror. Requires an even
            ``perm_num``.

    Returns:
        (P, M + 2) int64, P at most ``perm_num``.

    Raises:
        ValueError: If ``perm_num`` is below 1, or odd with ``perm_mirrored``.
    """
    if perm_num < 1 or (perm_mirrored and perm_num % 2):
        raise ValueError(
            f'perm_num must be positive, and even with perm_mirrored=True, got {perm_num}.'
        )
    if num_chars <= 1:
        return torch.arange(num_chars + 2)[None]

    forward = np.arange(num_chars)
    num_drawn = perm_num // 2 if perm_mirrored else perm_num
    if num_chars <= MAX_LISTED_CHARS:
        pool = np.array(list(permutations(range(num_chars))))
        if perm_mirrored:  # Keep one order of each pair of mirrors: the smaller first position.
            pool = pool[pool[:, 0] < pool[:, -1]]
        num_drawn = min(num_drawn, len(pool))
    else:
        num_drawn = min(num_drawn, factorial(num_chars))

    orders = [forward] if perm_forward else []
    missing = num_drawn - len(orders)
    if num_chars <= MAX_LISTED_CHARS:
        others = pool[1:] if perm_forward else pool  # itertools lists left-to-right first.
        orders += list(others[rng.permutation(len(others))[:missing]])
    else:
        orders += [rng.permutation(num_chars) for _ in range(missing)]
    if perm_mirrored:
        orders = [order for pair in ((o, o[::-1]) for o in orders) for order in pair]

    chars = torch.from_numpy(np.stack(orders)) + 1
    bos = chars.new_zeros(len(orders), 1)
    eos = torch.full_like(bos, num_chars + 1)
    perms = torch.cat([bos, chars, eos], dim=1)
    if perm_forward and perm_mirrored:
        perms[1, 1:] = torch.arange(num_chars + 1, 0, -1)
    return perms


def permutation_masks(perm: Tensor) -> tuple[Tensor, Tensor]:
    """Attention masks of one reading order. True allows attention.

    Keys are positions 0 .. M, without EOS. A position attends to the positions before it in the
    reading order. For the order (0, 2, 1, 3), that is BOS, c2, c1, EOS::

        query_mask    BOS c1 c2        content_mask  BOS c1 c2
        reading c1 [   1   0  1 ]      BOS        [   1   0  0 ]
        reading c2 [   1   0  0 ]      c1         [   1   1  1 ]
        reading EOS[   1   1  1 ]      c2         [   1   0  1 ]

    Args:
        perm: (M + 2,) int64, position 0 first.

    Returns:
        ``query_mask`` (M + 1, M + 1) with one row per predicted position 1 .. M + 1, which does
        not attend to itself, and ``content_mask`` (M + 1, M + 1) with one row per key, which
        attends to itself.
    """
    rank = torch.empty_like(perm)
    rank[perm] = torch.arange(len(perm), device=perm.device)
    is_earlier = rank[:, None] > rank[None, :]
    content = is_earlier | torch.eye(len(perm), dtype=torch.bool, device=perm.device)
    return is_earlier[1:, :-1], content[:-1, :-1]
