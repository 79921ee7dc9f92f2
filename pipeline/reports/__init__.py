"""What a model card says of a spotter: reports of its detector and of its recognizer."""

from pipeline.reports.detector_measurement import measure_detector
from pipeline.reports.detector_report import write_detector_report
from pipeline.reports.detector_textless import find_false_words
from pipeline.reports.gold_words import read_gold_words
from pipeline.reports.recognizer_readings import read_word_crops, read_words_of_photos
from pipeline.reports.recognizer_report import write_recognizer_report
from pipeline.reports.subject import load_spotter

__all__ = [
    'find_false_words',
    'load_spotter',
    'measure_detector',
    'read_gold_words',
    'read_word_crops',
    'read_words_of_photos',
    'write_detector_report',
    'write_recognizer_report',
]
