"""Every recognizer with early or late context fusion learns eight words exactly."""

from __future__ import annotations

import pytest
import torch
from mmocr_recognizers import write_charset
from small_recognizers import (
    RECOGNIZERS,
    WORDS,
    build,
    make_scenes,
    make_words,
    readings,
    run,
)
from torch import nn

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings('ignore')]
MAX_STEPS = 300
LEARNING_RATES = {'SVTR': 1e-2, 'ASTER': 1e-2}
VARIANTS = {'SAR-sequential', 'ABINet-vision', 'PARSeq-CTC'}  # trained as similar recognizers


@pytest.mark.parametrize(('stage', 'fusion'), [('early', 'gated attention'), ('late', 'MH-CA')])
@pytest.mark.parametrize('name', [name for name in RECOGNIZERS if name not in VARIANTS])
def test_recognizer_with_context_learns_eight_words(name, stage, fusion, tmp_path):
    letters = write_charset(tmp_path)
    model = build(name, letters, stage=stage, fusion=fusion, alpha=0.0, dropout=0.0)
    batch = {**make_words(WORDS), **make_scenes(len(WORDS), images=4)}
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATES.get(name, 3e-3))
    read: list[str] = []
    for step in range(1, MAX_STEPS + 1):
        loss, _ = model.parse_losses(run(model.train(), batch, 'loss'))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        if step % 10 == 0:
            with torch.no_grad():
                read = [text for text, _ in readings(run(model.eval(), batch, 'predict'))]
            if read == list(WORDS):
                break
    assert read == list(WORDS)
    assert model.fusion.gate.alpha.abs() > 0
