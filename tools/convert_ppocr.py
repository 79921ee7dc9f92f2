"""``clipter convert-ppocr`` from a checkout: ``python tools/convert_ppocr.py --help``."""

import sys

from pipeline.cli.convert_ppocr import main

if __name__ == '__main__':
    sys.exit(main())
