from .ctc_beam_search import ctc_beam_search
from .letter_ngrams import DIGIT, SYMBOL, LetterNgrams, letter_index
from .rescorer import LanguageModelRescorer
from .word_list import ENGLISH_WORDS, read_word_list

__all__ = [
    'DIGIT',
    'ENGLISH_WORDS',
    'SYMBOL',
    'LanguageModelRescorer',
    'LetterNgrams',
    'ctc_beam_search',
    'letter_index',
    'read_word_list',
]
