"""Diagnosis of scene context: whether the tokens of the scene improve recognition."""

from pipeline.analysis.context.diagnose import CONDITIONS, Diagnosis, count_steps, diagnose
from pipeline.analysis.context.page import format_page
from pipeline.analysis.context.subject import Subject, load_subject
from pipeline.analysis.context.table import format_diagnosis
from pipeline.analysis.gt_images import GtImage, GtWord, read_gt_images

__all__ = [
    'CONDITIONS',
    'Diagnosis',
    'GtImage',
    'GtWord',
    'Subject',
    'count_steps',
    'diagnose',
    'format_diagnosis',
    'format_page',
    'load_subject',
    'read_gt_images',
]
