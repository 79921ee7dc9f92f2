"""Whether scene context helps a recognizer, or only looks helpful."""

from pipeline.diagnosis.diagnose import CONDITIONS, Diagnosis, diagnose
from pipeline.diagnosis.page import format_page
from pipeline.diagnosis.scene_words import GoldPhoto, GoldWord, read_gold_photos
from pipeline.diagnosis.subject import Subject, load_subject
from pipeline.diagnosis.table import format_diagnosis

__all__ = [
    'CONDITIONS',
    'Diagnosis',
    'GoldPhoto',
    'GoldWord',
    'Subject',
    'diagnose',
    'format_diagnosis',
    'format_page',
    'load_subject',
    'read_gold_photos',
]
