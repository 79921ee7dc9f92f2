"""The language model chooses among hypotheses of CTC."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.recognition.ctc_reader import CTCReader
from pipeline.recognition.language.letter_ngrams import LetterNgrams
from pipeline.recognition.language.rescorer import LanguageModelRescorer, read_ctc

CHARACTERS = ['a', 'e', '€', '0', '-']
BLANK = 4


@pytest.mark.parametrize(
    ('best', 'expected'),
    [('a', 'e'), ('€', '€'), ('0', '0')],  # a letter is rescored, a symbol and a digit are not
)
def test_single_digits_and_symbols_are_not_rescored(best, expected):
    probs = np.full((1, 3, 5), 0.01, dtype=np.float64)
    probs[:, [0, 2], BLANK] = 0.96
    probs[:, 1, CHARACTERS.index(best)] = 0.55
    probs[:, 1, CHARACTERS.index('e')] = 0.42
    probs /= probs.sum(-1, keepdims=True)
    rescorer = LanguageModelRescorer(
        CHARACTERS, {BLANK}, LetterNgrams({'e': 1.0}, order=2), lm_weight=2.0
    )
    (reading,) = read_ctc(CTCReader(CHARACTERS, BLANK), rescorer, np.log(probs))
    assert reading.text == expected
