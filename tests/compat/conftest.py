"""Fixtures shared by the tests of the compatibility layer."""

from __future__ import annotations

import pytest
import torch

import pipeline.registration  # noqa: F401


@pytest.fixture(
    params=[
        'cpu',
        pytest.param(
            'cuda',
            marks=[
                pytest.mark.gpu,
                pytest.mark.skipif(not torch.cuda.is_available(), reason='no CUDA device'),
            ],
        ),
    ]
)
def device(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(autouse=True)
def _same_numbers_every_time() -> None:
    torch.manual_seed(0)
