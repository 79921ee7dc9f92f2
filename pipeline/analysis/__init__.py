"""Why a spotter errs: reports of a detector, a recognizer, scene context and a submission."""

import pipeline.compat  # noqa: F401  makes MMOCR importable
