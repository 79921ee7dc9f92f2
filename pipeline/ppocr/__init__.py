"""Published PP-OCRv6 weights, brought into this package's modules."""

import pipeline.compat  # noqa: F401  makes MMOCR importable
