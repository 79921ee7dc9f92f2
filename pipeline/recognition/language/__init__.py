from pipeline.recognition.language.ctc_beam_search import ctc_beam_search
from pipeline.recognition.language.letter_ngrams import DIGIT, SYMBOL, LetterNgrams, letter_index
from pipeline.recognition.language.rescorer import LanguageModelRescorer
from pipeline.recognition.language.word_list import ENGLISH_WORDS, read_word_list

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
