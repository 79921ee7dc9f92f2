"""Names of the commands of ``clipter`` and one line about each."""

from __future__ import annotations

GROUPS: dict[str, dict[str, str]] = {
    'read': {
        'infer': 'Read the words in images, or word crops.',
        'batch': 'Read many images in parts, on this machine or on a Ray cluster.',
        'video': 'Read the words of a video or a camera, and follow them from frame to frame.',
        'serve': 'Read the words in images that come over HTTP; with a web page.',
        'serve-load': 'Measure a server under load, on this machine.',
    },
    'train and evaluate': {
        'train': "Train any config through MMEngine's Runner.",
        'browse-dataset': 'Draw the samples of a config as training sees them.',
        'print-config': 'Print a config with its bases merged.',
        'analyze-logs': 'Print and draw the losses and times of training runs.',
        'test': "Test any config through MMEngine's Runner; spotters get the end-to-end table.",
        'evaluate': 'Score predictions by the ICDAR end-to-end, word-spotting and detection '
        'protocols.',
    },
    'data': {
        'prepare-dataset': 'Convert a data set from the layout of its publisher to MMOCR JSON.',
        'synthesize': 'Draw synthetic scenes with words and their MMOCR annotation.',
        'cut-words': "Cut the words of images into crops of a recognizer's size, for training.",
        'label-words': 'Add texts to annotated outlines: pseudo-labels of a confident recognizer.',
        'extract-context': "Write the scene tokens of a data set's images to a cache for training.",
    },
    'weights': {
        'models': 'List the models that --model names, and how to make their weights.',
        'pack-spotter': 'Pack a trained detector and a trained recognizer into one file.',
        'pack-fusion': 'Write the fusion of a trained context recognizer to a file.',
        'unpack-spotter': "Write the two parts of a spotter's file as training checkpoints.",
        'export': 'Write a spotter as ONNX files, for reading without torch.',
        'pack-tower': 'Write the weights of the embedded context encoder, clipter-lite0.',
        'convert-ppocr': 'Convert published PP-OCRv6 weights for the model of a config.',
    },
    'analysis': {
        'report-detector': "Report on a spotter's detector: tables, curve and worst images.",
        'report-recognizer': "Report on a spotter's recognizer: accuracy, confusions, calibration.",
        'diagnose-context': 'Measure whether scene context helps a recognizer.',
        'experiments': 'Train and compare recognizers with and without scene context (CLIPTER).',
        'context-benchmark': 'Train on scenes in which only the context identifies the word.',
    },
    'benchmarks and demo': {
        'benchmark': 'Measure how fast images are read, stage by stage, and the memory used.',
        'benchmark-scoring': 'Measure how fast a submission is scored with a large lexicon.',
        'draw-demo': "Draw the street scene of the README's demo.",
    },
}
COMMANDS: dict[str, str] = {name: line for group in GROUPS.values() for name, line in group.items()}


def module_of(name: str) -> str:
    """The module of a command: ``'pack-spotter'`` -> ``'pipeline.cli.pack_spotter'``."""
    return f'pipeline.cli.{name.replace("-", "_")}'
