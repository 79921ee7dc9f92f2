from .permutation_language_model_loss import PermutationLanguageModelLoss
from .permutations import draw_permutations, permutation_masks

__all__ = ['PermutationLanguageModelLoss', 'draw_permutations', 'permutation_masks']
