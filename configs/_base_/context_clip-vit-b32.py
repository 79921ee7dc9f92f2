"""OpenAI's CLIP ViT-B-32: 1 + 7 x 7 tokens of a 224 px square."""

context_encoder = dict(type='ClipImageEncoder', arch='ViT-B-32', pretrained='openai')
# A batch of word crops alone does not touch the fusion; distributed training must not wait for it.
find_unused_parameters = True
