"""HTML report on a scored submission: scores, curve, and the images with the most errors."""

from pipeline.analysis.submission.page import render_page, write_report
from pipeline.analysis.submission.photo_files import default_image_folder, find_photo_files

__all__ = ['default_image_folder', 'find_photo_files', 'render_page', 'write_report']
