from __future__ import annotations

import numpy as np
import pytest

from pipeline.datasets.synthetic import WordSource
from pipeline.datasets.synthetic.words import CASES


@pytest.mark.parametrize('case', CASES)
def test_word_source_draws_printable_ascii_without_spaces(case):
    source, rng = WordSource(), np.random.default_rng(0)
    words = [word for _ in range(2000) for word in source.draw(rng, case)]
    assert all(word and all(33 <= ord(c) < 127 for c in word) for word in words)


def test_word_source_draws_all_printable_characters():
    source, rng = WordSource(), np.random.default_rng(1)
    seen = {c for _ in range(4000) for word in source.draw(rng) for c in word}
    assert len(seen) == 94


def test_word_source_rejects_an_unknown_case():
    with pytest.raises(ValueError, match='SHOUT'):
        WordSource().draw(np.random.default_rng(0), 'SHOUT')


def test_word_source_uses_given_words():
    source = WordSource(english=['zebra'], names=['Zoe'], signs=['ZOO'])
    rng = np.random.default_rng(2)
    texts = {word.lower().strip('.,!:?()"\'') for _ in range(300) for word in source.draw(rng)}
    assert {'zebra', 'zoe', 'zoo'} <= texts
    assert 'open' not in texts
