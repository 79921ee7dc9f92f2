"""``clipter report-recognizer`` from a checkout: ``python tools/report_recognizer.py --help``."""

import sys

from pipeline.cli.report_recognizer import main

if __name__ == '__main__':
    sys.exit(main())
