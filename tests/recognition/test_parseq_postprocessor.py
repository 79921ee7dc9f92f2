from __future__ import annotations

import pytest
import torch
from parseq_words import CHARS, DICTIONARY, END, PAD, make_samples

from pipeline.recognition.postprocessors.parseq_postprocessor import PARSeqPostprocessor


def read(steps: list[tuple[int, float]]):
    """The prediction for steps given as (class, probability)."""
    probs = torch.zeros(1, len(steps), len(CHARS) + 3)
    for step, (index, prob) in enumerate(steps):
        probs[0, step] = (1 - prob) / (probs.size(-1) - 1)
        probs[0, step, index] = prob
    (sample,) = PARSeqPostprocessor(DICTIONARY)(probs, make_samples(['']))
    return sample.pred_text


def test_postprocessor_cuts_at_the_first_eos():
    pred = read([(10, 0.9), (11, 0.8), (END, 0.5), (12, 0.9), (END, 0.9)])
    assert pred.item == 'ab'
    assert pred.score == pytest.approx([0.9, 0.8])


def test_word_score_is_the_probability_of_the_text():
    assert read([(10, 0.9), (11, 0.8), (END, 0.5)]).word_score == pytest.approx(0.36)


def test_word_score_of_an_empty_text_is_that_of_eos():
    pred = read([(END, 0.7), (10, 0.9)])
    assert pred.item == ''
    assert pred.score == []
    assert pred.word_score == pytest.approx(0.7)


def test_word_score_without_eos_uses_characters_only():
    pred = read([(10, 0.9), (11, 0.5)])
    assert pred.item == 'ab'
    assert pred.word_score == pytest.approx(0.45)


def test_postprocessor_skips_padding():
    assert read([(10, 0.9), (PAD, 0.9), (11, 0.9), (END, 0.9)]).item == 'ab'


def test_temperature_changes_scores_but_not_texts():
    logits = torch.zeros(1, 3, len(CHARS) + 3)
    for step, index in enumerate([10, 11, END]):
        logits[0, step, index] = 6.0
    plain, cooled = (
        PARSeqPostprocessor(DICTIONARY, temperature=temperature)(
            logits.softmax(-1), make_samples([''])
        )[0].pred_text
        for temperature in (1.0, 2.0)
    )
    assert cooled.item == plain.item
    wanted = torch.softmax(logits[0] / 2, -1).max(-1).values
    assert cooled.score == pytest.approx(wanted[:2].tolist(), rel=1e-5)
    assert cooled.word_score == pytest.approx(float(wanted.prod()), rel=1e-5)


def test_postprocessor_rejects_temperature_zero():
    with pytest.raises(ValueError, match='positive, got 0'):
        PARSeqPostprocessor(DICTIONARY, temperature=0)
