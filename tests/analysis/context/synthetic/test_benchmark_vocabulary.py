"""Words of the benchmark, which the crop must not identify."""

from __future__ import annotations

import pytest

from pipeline.analysis.context.synthetic.vocabulary import (
    COMMON_WORDS,
    HIDDEN,
    KINDS,
    LETTERS,
    LONGEST,
    VOCABULARIES,
    ambiguous_word,
    chance_level,
    misleading_word,
)


def test_vocabularies_complete_patterns_differently():
    for pattern in VOCABULARIES[KINDS[0]]:
        words = [VOCABULARIES[kind][pattern] for kind in KINDS]
        assert len(set(words)) == len(KINDS)
        assert pattern.count(HIDDEN) == 1
        place = pattern.index(HIDDEN)
        for word in words:
            assert word[:place] + HIDDEN + word[place + 1 :] == pattern


def test_all_words_fit_the_charset_and_length():
    words = [*COMMON_WORDS, *(w for words in VOCABULARIES.values() for w in words.values())]
    assert all(set(word) <= set(LETTERS) and len(word) <= LONGEST for word in words)


def test_common_words_fit_no_pattern():
    for word in COMMON_WORDS:
        for pattern in VOCABULARIES[KINDS[0]]:
            place = pattern.index(HIDDEN)
            assert word[:place] + HIDDEN + word[place + 1 :] != pattern


def test_chance_level_is_one_in_six():
    assert chance_level() == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ('vocabularies', 'weights', 'expected', 'reason'),
    [
        ({'a': {'?X': 'AX'}, 'b': {'?X': 'BX'}}, None, 1 / 2, 'two words, equally frequent'),
        ({'a': {'?X': 'AX'}, 'b': {'?X': 'BX'}}, [3, 1], 3 / 4, 'the frequent one is the guess'),
        ({'a': {'?X': 'AX'}, 'b': {'?X': 'AX'}}, None, 1.0, 'both kinds say the same'),
        (
            {'a': {'?X': 'AX', '?Y': 'AY'}, 'b': {'?X': 'BX', '?Y': 'AY'}},
            None,
            3 / 4,
            'one pattern is sure, the other a coin',
        ),
    ],
)
def test_chance_level_equals_the_best_guess(vocabularies, weights, expected, reason):
    assert chance_level(vocabularies, weights) == pytest.approx(expected), reason


def test_chance_level_rejects_unequal_patterns():
    with pytest.raises(ValueError, match='same patterns'):
        chance_level({'a': {'?X': 'AX'}, 'b': {'?Y': 'BY'}})
    with pytest.raises(ValueError, match='weight'):
        chance_level(kind_weights=[1.0])


def test_inscription_hides_letters_of_ambiguous_words():
    hidden = ambiguous_word('harbour', '?AKE')
    assert (hidden.visible, hidden.text) == ('?AKE', 'LAKE')
    shown = misleading_word('XAKE')
    assert shown.visible == shown.text == 'XAKE'
