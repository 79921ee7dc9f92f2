import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split
from pipeline.recognition.module_losses.permutation_language_model_loss import (
    PermutationLanguageModelLoss,
)
from pipeline.recognition.module_losses.permutations import draw_permutations, permutation_masks

__all__ = ['PermutationLanguageModelLoss', 'draw_permutations', 'permutation_masks']
