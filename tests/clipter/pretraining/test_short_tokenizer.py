from __future__ import annotations

import pytest
from open_clip.tokenizer import SimpleTokenizer

from pipeline.clipter.pretraining.short_tokenizer import build_short_tokenizer


def test_short_tokenizer_keeps_frequent_words_and_splits_rare_words():
    tokenizer = build_short_tokenizer(4096, 16)
    full = SimpleTokenizer(context_length=16)
    assert len(tokenizer.encode('the street')) == len(full.encode('the street')) == 2
    assert len(tokenizer.encode('croissant')) > len(full.encode('croissant'))
    assert (
        tokenizer.decode(tokenizer.encode('Croissant café 20%')).strip() == 'croissant café 2 0 %'
    )


def test_short_tokenizer_ends_each_text_with_the_highest_id():
    tokens = build_short_tokenizer(600, 8)(['exit', 'a very long text ' * 5, ''])
    assert tokens.shape == (3, 8)
    assert tokens.max() == 599  # open_clip's text tower pools at the highest id
    assert (tokens == 599).sum(1).tolist() == [1, 1, 1]
    assert tokens[1, -1] == 599 and tokens[2].tolist() == [598, 599, 0, 0, 0, 0, 0, 0]


def test_full_vocabulary_equals_open_clips():
    text = 'Hôtel de la Gare 24h'
    assert build_short_tokenizer(49408, 77).encode(text) == SimpleTokenizer().encode(text)


@pytest.mark.parametrize('size', [513, 49409])
def test_vocab_size_outside_the_range_is_an_error(size):
    with pytest.raises(ValueError, match='from 514 to 49408'):
        build_short_tokenizer(size, 8)
