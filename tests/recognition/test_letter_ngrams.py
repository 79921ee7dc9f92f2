"""The n-gram language model of letters."""

from __future__ import annotations

import math
import string
from pathlib import Path

import pytest

from pipeline.recognition.language import ENGLISH_WORDS, letter_index, read_word_list
from pipeline.recognition.language.letter_ngrams import LetterNgrams


@pytest.fixture(scope='module')
def english() -> LetterNgrams:
    return LetterNgrams()


def reach(model: LetterNgrams, text: str) -> int:
    state = model.start
    for char in text:
        _, state = model.advance(state, letter_index(char))
    return state


def test_letter_ngrams_match_witten_bell_by_hand() -> None:
    # Without ``surprise``. 'ab' contains once each: a after the edge, b after a, the end.
    model = LetterNgrams({'ab': 1}, order=2, surprise=1e-12)
    # Order 1: a, b and the end occur once each: three symbols of three kinds.
    below = (1 + 3 / 27) / (3 + 3)
    # Order 2: a context with one symbol of one kind has weight 1/2, and order 1 has 1/2.
    seen, unseen = (1 + below) / 2, below / 2
    # 0.91 of texts begin with a letter, and 0.915 end after their letters.
    rest = math.log(0.91 * 0.915)
    assert model.log_prob('ab') == pytest.approx(3 * math.log(seen) + rest, rel=1e-5)
    assert model.log_prob('b') == pytest.approx(math.log(unseen * seen) + rest, rel=1e-5)


@pytest.mark.parametrize('before', ['', 's', 'stree', 'xqzzy', 'a4', '$', 'verylongbeginnin'])
def test_letter_ngrams_probabilities_sum_to_one(english: LetterNgrams, before: str) -> None:
    state = reach(english, before)
    characters = string.ascii_lowercase + string.digits + string.punctuation
    total = sum(math.exp(english.advance(state, letter_index(c))[0]) for c in characters)
    if state == english.start or before[-1:] in '4$':
        # A run of letters has at least one letter.
        assert total + math.exp(english.finish(state)) == pytest.approx(1, abs=0.01)
    else:
        assert total + math.exp(english.finish(state)) == pytest.approx(1, abs=1e-5)


def test_letter_ngrams_prefer_words_to_misspellings(english: LetterNgrams) -> None:
    for word, misspelled in (('street', 'sfreet'), ('WALNUT', 'WALKUL'), ('Coffee', 'Coffce')):
        assert english.log_prob(word) > english.log_prob(misspelled) + 2


def test_letter_ngrams_allow_unknown_names(english: LetterNgrams) -> None:
    # The probability of a letter is at least 0.05 / 27.
    assert english.log_prob('xqzvk') >= 6 * math.log(0.05 / 27) + math.log(0.91 * 0.915)


def test_letter_ngrams_ignore_case_and_accents() -> None:
    model = LetterNgrams({'Caf\u00e9': 1, 'STRASSE': 1})
    assert model.log_prob('CAFE') == model.log_prob('caf\u00e9')
    plain = LetterNgrams({'cafe': 1, 'stra\u00dfe': 1})
    assert model.log_prob('cafestrasse') == plain.log_prob('cafestrasse')


def test_letter_ngrams_split_at_digits_and_symbols(english: LetterNgrams) -> None:
    assert english.log_prob('24hrs') == english.log_prob('79hrs')
    assert english.log_prob('24hrs') > english.log_prob('24hqs') + 1
    assert english.log_prob('2005') > english.log_prob('2O05')
    assert english.log_prob('BOOK') > english.log_prob('B00K') + 4
    assert english.log_prob('SALE!') > english.log_prob('SALEI')
    assert english.log_prob('SALE!') > english.log_prob('SALE{') + 2


def test_letter_ngrams_split_listed_words_at_symbols() -> None:
    apart, joined = LetterNgrams({"mcdonald's": 1}), LetterNgrams({'mcdonalds': 1})
    assert apart.log_prob("McDonald's") > joined.log_prob("McDonald's") + 2


def test_letter_ngrams_use_word_weights() -> None:
    model = LetterNgrams({'mark': 9, 'mart': 1})
    assert model.log_prob('mark') > model.log_prob('mart') > model.log_prob('marx')


def test_letter_ngrams_accept_custom_lists(tmp_path) -> None:
    mine = tmp_path / 'mine.txt'
    mine.write_text('\ufeff# our brands\nZyxqor 500\n\nzyxqora\n', encoding='utf-8')
    alone = LetterNgrams([mine])
    both = LetterNgrams(['english', mine])
    english = LetterNgrams()
    assert both.log_prob('zyxqor') > english.log_prob('zyxqor') + 5
    assert both.log_prob('street') > alone.log_prob('street') + 5
    assert read_word_list(mine) == {'Zyxqor': 500, 'zyxqora': 1}


def test_english_list_contains_words_names_and_signs() -> None:
    words = read_word_list(ENGLISH_WORDS)
    assert len(words) > 70_000
    assert {'restaurant', 'baltimore', 'michael', 'exit'} <= words.keys()
    assert words['exit'] > words['abacus']


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'street 8\nmain street\n', r"list\.txt:2: wanted a word and an optional.*'main street'"),
        (b'a long street\n', 'list.txt:1'),
        (b'street 0.5\n', 'weight of 1 or more'),
        (b'street -1\n', 'list.txt:1'),
        (b'street nan\n', 'list.txt:1'),
        (b'# nothing\n', 'got none'),
        (b'\xff\xfe\x00', 'line 1: wanted UTF-8'),
        (b'24\n7/11\n', 'wanted words with letters a to z, got none'),
    ],
)
def test_letter_ngrams_reject_invalid_word_lists(tmp_path, content: bytes, message: str) -> None:
    path = tmp_path / 'list.txt'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        LetterNgrams([path])


def test_letter_ngrams_reject_invalid_arguments() -> None:
    with pytest.raises(ValueError, match=r'order must be in 2\.\.8, got 1'):
        LetterNgrams({'a': 1}, order=1)
    with pytest.raises(ValueError, match='surprise must be in'):
        LetterNgrams({'a': 1}, surprise=0)
    for one in ('english', Path('english')):
        with pytest.raises(ValueError, match=r"pass \['english'\]"):
            LetterNgrams(one)
    with pytest.raises(FileNotFoundError, match=r"no word list .*list\.txt\. Use 'english'"):
        LetterNgrams(['no/such/list.txt'])


def test_letter_ngrams_cover_listed_accents_only() -> None:
    english, french = LetterNgrams({'cafe': 1}), LetterNgrams({'café': 1})
    assert english.covers('CAFE') and english.covers('£4.50') and english.covers('')
    assert not english.covers('CAFÉ') and not english.covers('Straße')
    assert french.covers('CAFÉ') and french.covers('cafe') and not french.covers('Łódź')


def test_contains_finds_whole_words_in_any_case():
    model = LetterNgrams({'open': 2.0, 'opening': 1.0})
    assert model.contains('OPEN') and model.contains('Opening')
    assert not any(model.contains(text) for text in ('ope', 'pen', '', 'open\nopening', 'open!'))


def test_contains_ignores_accents():
    model = LetterNgrams({'été': 1.0, 'Straße': 1.0})
    assert all(model.contains(text) for text in ('été', 'ÉTÉ', 'Straße', 'STRASSE'))


def test_letter_ngrams_bear_that_another_thread_clears_the_kept_contexts() -> None:
    class Cleared(dict):
        """Contexts that are gone between a check and the access."""

        def __contains__(self, key: object) -> bool:
            return True

    model = LetterNgrams({'tea': 1, 'ten': 2})
    wanted = model.log_prob('tea')
    model._kept = Cleared()
    model._steps.clear()
    assert model.log_prob('tea') == wanted
