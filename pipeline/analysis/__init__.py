"""Error analysis of a spotter: reports on detector, recognizer, scene context and submission."""

import pipeline.compat  # noqa: F401  makes MMOCR importable
