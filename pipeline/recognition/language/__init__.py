from .beam_search import search_prefixes
from .letter_ngrams import DIGIT, SYMBOL, LetterNgrams, letter_index
from .word_list import ENGLISH_WORDS, read_word_list

__all__ = [
    'DIGIT',
    'ENGLISH_WORDS',
    'SYMBOL',
    'LetterNgrams',
    'letter_index',
    'read_word_list',
    'search_prefixes',
]
