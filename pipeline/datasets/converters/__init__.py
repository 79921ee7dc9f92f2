"""Converters from published data set layouts to MMOCR JSON."""
