"""Reading orders and the attention masks that enforce them.

A word of M characters is the sequence BOS, c1 .. cM, EOS at positions 0 .. M + 1. A permutation
lists those positions in the order in which they are read; BOS is always first. The left-to-right
order of a three-letter word is (0, 1, 2, 3, 4), EOS last.
"""

from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
import torch
from torch import Tensor

# Words this short have so few orders that drawing at random would repeat them.
MAX_LISTED_CHARS = 4


def draw_permutations(
    num_chars: int,
    perm_num: int,
    rng: np.random.Generator,
    perm_forward: bool = True,
    perm_mirrored: bool = True,
) -> Tensor:
    """Draw the reading orders of one training step.

    The rules are those of PARSeq (Bautista & Atienza, ECCV 2022): left-to-right comes first, each
    order is followed by its mirror, and a short word has no more orders than exist. The mirror of
    left-to-right also reads EOS before the characters, so that right-to-left is a full reverse.

    Args:
        num_chars: M, characters of the batch's longest word.
        perm_num: Orders wanted, mirrors included.
        rng: Source of randomness.
        perm_forward: Always include left-to-right.
        perm_mirrored: Pair each order with its mirror; ``perm_num`` has to be even then.

    Returns:
        (P, M + 2) int64, P at most ``perm_num``.

    Raises:
        ValueError: If ``perm_num`` is below 1, or odd with ``perm_mirrored``.
    """
    if perm_num < 1 or (perm_mirrored and perm_num % 2):
        raise ValueError(
            f'perm_num has to be positive, and even with perm_mirrored=True; got {perm_num}.'
        )
    if num_chars <= 1:
        return torch.arange(num_chars + 2)[None]

    forward = np.arange(num_chars)
    num_drawn = perm_num // 2 if perm_mirrored else perm_num
    if num_chars <= MAX_LISTED_CHARS:
        pool = np.array(list(permutations(range(num_chars))))
        if perm_mirrored:  # of each pair of mirrors, the one whose first position is the smaller
            pool = pool[pool[:, 0] < pool[:, -1]]
        num_drawn = min(num_drawn, len(pool))
    else:
        num_drawn = min(num_drawn, factorial(num_chars))

    orders = [forward] if perm_forward else []
    missing = num_drawn - len(orders)
    if num_chars <= MAX_LISTED_CHARS:
        others = pool[1:] if perm_forward else pool  # itertools lists left-to-right first
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
    """Turn one reading order into attention masks; True where attention is allowed.

    Keys are positions 0 .. M (EOS is never looked at). A position sees what its order read before
    it. For the order (0, 2, 1, 3), that is BOS, c2, c1, EOS::

        query_mask    BOS c1 c2        content_mask  BOS c1 c2
        reading c1 [   1   0  1 ]      BOS        [   1   0  0 ]
        reading c2 [   1   0  0 ]      c1         [   1   1  1 ]
        reading EOS[   1   1  1 ]      c2         [   1   0  1 ]

    Args:
        perm: (M + 2,) int64, position 0 first.

    Returns:
        ``query_mask`` (M + 1, M + 1), a row per predicted position 1 .. M + 1, which does not see
        itself, and ``content_mask`` (M + 1, M + 1), a row per key, which does.
    """
    rank = torch.empty_like(perm)
    rank[perm] = torch.arange(len(perm), device=perm.device)
    seen_before = rank[:, None] > rank[None, :]
    content = seen_before | torch.eye(len(perm), dtype=torch.bool, device=perm.device)
    return seen_before[1:, :-1], content[:-1, :-1]
