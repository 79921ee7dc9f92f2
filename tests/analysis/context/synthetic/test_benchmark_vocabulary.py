"""The words of the benchmark: a crop alone must not be able to tell them."""

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


def test_each_kind_completes_each_pattern_in_its_own_way():
    for pattern in VOCABULARIES[KINDS[0]]:
        words = [VOCABULARIES[kind][pattern] for kind in KINDS]
        assert len(set(words)) == len(KINDS)
        assert pattern.count(HIDDEN) == 1
        place = pattern.index(HIDDEN)
        for word in words:
            assert word[:place] + HIDDEN + word[place + 1 :] == pattern


def test_all_words_can_be_read_by_the_recognizer():
    words = [*COMMON_WORDS, *(w for words in VOCABULARIES.values() for w in words.values())]
    assert all(set(word) <= set(LETTERS) and len(word) <= LONGEST for word in words)


def test_common_words_fit_no_pattern():
    for word in COMMON_WORDS:
        for pattern in VOCABULARIES[KINDS[0]]:
            place = pattern.index(HIDDEN)
            assert word[:place] + HIDDEN + word[place + 1 :] != pattern


def test_the_best_guess_without_the_scene_is_one_in_six():
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
def test_chance_is_the_best_guess_of_who_knows_all_but_the_scene(
    vocabularies, weights, expected, reason
):
    assert chance_level(vocabularies, weights) == pytest.approx(expected), reason


def test_chance_refuses_kinds_that_cannot_be_compared():
    with pytest.raises(ValueError, match='same patterns'):
        chance_level({'a': {'?X': 'AX'}, 'b': {'?Y': 'BY'}})
    with pytest.raises(ValueError, match='weight'):
        chance_level(kind_weights=[1.0])


def test_an_ambiguous_word_hides_its_letter_and_a_misleading_one_shows_it():
    hidden = ambiguous_word('harbour', '?AKE')
    assert (hidden.visible, hidden.text) == ('?AKE', 'LAKE')
    shown = misleading_word('XAKE')
    assert shown.visible == shown.text == 'XAKE'
