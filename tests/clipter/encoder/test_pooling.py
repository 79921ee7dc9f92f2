import math

import pytest
import torch

from pipeline.clipter.encoder.pooling import ContextPool


def make_tokens() -> torch.Tensor:
    """Class token 100, then the grid 1 2 3 / 4 5 6."""
    return torch.tensor([[100.0, 1, 2, 3, 4, 5, 6]]).unsqueeze(-1)


def test_pool_with_kernel_1_keeps_every_patch():
    tokens = make_tokens()
    assert torch.equal(ContextPool(1)(tokens, (2, 3)), tokens)


@pytest.mark.parametrize('kernel', [float('inf'), 'inf'])
def test_pool_with_kernel_inf_keeps_only_the_class_token(kernel):
    assert ContextPool(kernel)(make_tokens(), (2, 3)).tolist() == [[[100.0]]]


def test_pool_with_kernel_2_averages_squares_and_the_edge():
    # (1 + 2 + 4 + 5) / 4 = 3; the last column has only 3 and 6: 4.5.
    pooled = ContextPool(2)(make_tokens(), (2, 3))
    assert pooled.squeeze(-1).tolist() == [[100.0, 3.0, 4.5]]


def test_pool_with_kernel_3_averages_two_rows():
    assert ContextPool(3)(make_tokens(), (2, 3)).squeeze(-1).tolist() == [[100.0, 3.5]]


@pytest.mark.parametrize('kernel', [4, 7, 1000])
def test_pool_kernel_larger_than_the_grid_averages_it(kernel):
    assert ContextPool(kernel)(make_tokens(), (2, 3)).squeeze(-1).tolist() == [[100.0, 3.5]]


def test_pool_does_not_mix_channels_or_images():
    torch.manual_seed(0)
    tokens = torch.randn(3, 1 + 7 * 5, 4)
    pool = ContextPool(2)
    pooled = pool(tokens, (7, 5))
    one_by_one = torch.stack(
        [pool(tokens[i : i + 1, :, c : c + 1], (7, 5))[0, :, 0] for i in range(3) for c in range(4)]
    )
    assert torch.equal(pooled.transpose(1, 2).reshape(12, -1), one_by_one)


@pytest.mark.parametrize('kernel', [1, 2, 3, 4, 7, 8, math.inf])
@pytest.mark.parametrize('grid', [(7, 7), (14, 14), (5, 8), (1, 1)])
def test_pooled_size_matches_the_output(kernel, grid):
    pool = ContextPool(kernel)
    height, width = pool.pooled_size(grid)
    pooled = pool(torch.zeros(1, 1 + grid[0] * grid[1], 2), grid)
    assert pooled.shape[1] == 1 + height * width


@pytest.mark.parametrize('kernel', [0, -1, 1.5, 'two', None, float('nan')])
def test_pool_rejects_an_invalid_kernel(kernel):
    with pytest.raises(ValueError, match='kernel must be'):
        ContextPool(kernel)


def test_pool_rejects_tokens_of_another_grid():
    with pytest.raises(ValueError, match='3x3 grid must be'):
        ContextPool(2)(make_tokens(), (3, 3))
