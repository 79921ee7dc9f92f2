from __future__ import annotations

import numpy as np
import pytest
import torch

import pipeline.registration  # noqa: F401
from pipeline.recognition.module_losses import draw_permutations, permutation_masks


def as_bool(rows: list[str]) -> torch.Tensor:
    return torch.tensor([[char == '1' for char in row] for row in rows])


def test_permutation_masks_match_a_hand_computed_order():
    """'cat' in the order t, c, a: t given nothing, c given t, a given both, EOS given all."""
    query_mask, content_mask = permutation_masks(torch.tensor([0, 3, 1, 2, 4]))
    # keys, in columns: BOS c a t; rows: c a t EOS
    assert torch.equal(query_mask, as_bool(['1001', '1101', '1000', '1111']))
    # rows: BOS c a t
    assert torch.equal(content_mask, as_bool(['1000', '1101', '1111', '1001']))


def test_permutation_masks_of_left_to_right_are_causal():
    query_mask, content_mask = permutation_masks(torch.arange(7))
    causal = torch.ones(6, 6).tril().bool()
    assert torch.equal(query_mask, causal)
    assert torch.equal(content_mask, causal)


def test_draw_permutations_right_to_left_reads_eos_first():
    perms = draw_permutations(5, 6, np.random.default_rng(0))
    assert perms[0].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert perms[1].tolist() == [0, 6, 5, 4, 3, 2, 1]
    query_mask, _ = permutation_masks(perms[1])
    assert query_mask[-1].tolist() == [True] + [False] * 5  # EOS attends to BOS only.
    assert query_mask[0].tolist() == [True, False, True, True, True, True]


@pytest.mark.parametrize(
    ('num_chars', 'orders', 'reason'),
    [
        (0, 1, 'an empty word is only EOS'),
        (1, 1, 'one character has one order'),
        (2, 2, '2! = 2'),
        (3, 6, '3! = 6'),
        (4, 6, '4! = 24, six are wanted'),
        (25, 6, 'six are wanted'),
    ],
)
def test_draw_permutations_of_short_words_are_distinct(num_chars, orders, reason):
    perms = draw_permutations(num_chars, 6, np.random.default_rng(0))
    assert len(perms) == orders, reason
    assert len({tuple(perm) for perm in perms.tolist()}) == orders
    for perm in perms.tolist():
        assert perm[0] == 0
        assert sorted(perm) == list(range(num_chars + 2))


@pytest.mark.parametrize('num_chars', [3, 4, 9])
def test_draw_permutations_pairs_orders_with_mirrors(num_chars):
    for seed in range(5):
        perms = draw_permutations(num_chars, 6, np.random.default_rng(seed))
        for order, mirror in zip(perms[2::2], perms[3::2]):
            assert torch.equal(order[1:-1], mirror[1:-1].flip(0))
            assert order[-1] == mirror[-1] == num_chars + 1


def test_draw_permutations_without_mirrors():
    perms = draw_permutations(
        12, 5, np.random.default_rng(0), perm_forward=True, perm_mirrored=False
    )
    assert perms.shape == (5, 14)
    assert perms[0].tolist() == list(range(14))
    assert (perms[:, -1] == 13).all()


def test_draw_permutations_is_deterministic():
    first, again, other = (
        draw_permutations(10, 6, np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize('perm_num', [0, 3])
def test_draw_permutations_rejects_invalid_perm_num(perm_num):
    with pytest.raises(ValueError, match='even with perm_mirrored'):
        draw_permutations(5, perm_num, np.random.default_rng(0))
