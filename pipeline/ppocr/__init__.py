"""Conversion of published PP-OCRv6 weights to the modules of this package."""
