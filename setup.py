"""Installs the scene-text spotting pipeline; every dependency is a wheel, nothing is compiled."""

from pathlib import Path

from setuptools import find_namespace_packages, find_packages, setup
from setuptools.command.build_py import build_py

# Folders beside pipeline/ that the wheel contains inside the package.
CONFIGS = [
    'pipeline.configs',
    *(
        f'pipeline.configs.{name}'
        for name in find_namespace_packages('configs', exclude=['*__pycache__*'])
    ),
]
DICTIONARIES = 'pipeline.data.dicts'


class BuildWithConfigs(build_py):
    """Adapts the paths from configs to the package, which is one folder nearer in the wheel."""

    def run(self):
        super().run()
        if self.editable_mode:
            return
        for path in Path(self.build_lib, 'pipeline', 'configs').rglob('*.py'):
            text = path.read_text(encoding='utf-8')
            path.write_text(text.replace('../../pipeline/', '../../'), encoding='utf-8')


setup(
    name='clipter-spotter',
    version='0.1.0',
    description='Scene-text spotting on MMOCR with a CLIPTER context-augmented recognizer',
    long_description=Path(__file__).with_name('README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    python_requires='>=3.10',
    packages=[*find_packages(include=['pipeline', 'pipeline.*']), *CONFIGS, DICTIONARIES],
    cmdclass={'build_py': BuildWithConfigs},
    package_dir={'pipeline.configs': 'configs', 'pipeline.data': 'data'},
    include_package_data=True,
    package_data={
        'pipeline': [
            'weights/*',
            'weights/onnx/*',
            'datasets/synthetic/words/*.txt',
            'recognition/language/*.txt',
            'analysis/submission/assets/*',
        ],
        DICTIONARIES: ['*.txt'],
    },
    entry_points={'console_scripts': ['clipter = pipeline.cli.main:main']},
    install_requires=[
        # The OpenMMLab four check each other's versions on import: these satisfy all the checks.
        'mmcv-lite==2.0.1',
        'mmdet==3.1.0',
        'mmengine==0.10.7',
        'mmocr==1.0.1',
        # pipeline.compat carries MMOCR across the changes of torch 2.6 (weights_only) and numpy 2.
        'numpy>=1.26',
        'torch>=2.6',
        'torchvision>=0.21',
        # OpenCV 5 drops calls that MMOCR makes.
        'opencv-python>=4.8,<5',
        'onnxruntime>=1.17',
        'open_clip_torch>=3.0',
        'pillow>=10.1',
        'pyclipper>=1.3',
        'rapidfuzz>=3.0',
        'pypdfium2>=4.20',
        'safetensors>=0.4',
        'scipy>=1.11',
        'shapely>=2.0',
        'timm>=1.0.9',
        'tqdm>=4.60',
    ],
    extras_require={
        # Word crops in databases, as PARSeq's users have them.
        'lmdb': ['lmdb>=1.4'],
        # Published PP-OCRv6 weights, to fine-tune.
        'convert': ['onnx>=1.15', 'rapidocr==3.10.0'],
        # Spotters as ONNX files.
        'export': ['onnx>=1.15'],
        # Loss curves and pictures of a training run.
        'tensorboard': ['tensorboard>=2.15'],
        'test': [
            'lmdb>=1.4',
            'mypy>=1.11',
            'onnx>=1.15',
            'pytest>=8',
            'rapidocr==3.10.0',
            'ruff>=0.6',
            'tensorboard>=2.15',
            'transformers>=5.20',
        ],
    },
    classifiers=[
        'License :: OSI Approved :: Apache Software License',
        'Programming Language :: Python :: 3.10',
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
)
