"""Documents of read images: JSON, CSV, text, hOCR, ALTO, PAGE XML, searchable PDF."""

from pipeline.io.documents.document_page import DocumentPage
from pipeline.io.documents.render import DOCUMENT_FORMATS, DocumentFormat, render, render_pages

__all__ = ['DOCUMENT_FORMATS', 'DocumentFormat', 'DocumentPage', 'render', 'render_pages']
