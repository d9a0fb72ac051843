# SPDX-License-Identifier: GPL-2.0
#
# The documentation as HTML. The kernel-doc extension comes with the kernel:
# KSRC is a source tree of Linux.
#
#	KSRC=DIR sphinx-build -b html Documentation build/doc

import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
ksrc = os.environ["KSRC"]

sys.path.insert(0, os.path.join(ksrc, "Documentation/sphinx"))
os.environ["srctree"] = ksrc

project = "kvdev"
master_doc = "index"
html_theme = "alabaster"
extensions = ["kerneldoc"]
kerneldoc_bin = os.path.join(ksrc, "tools/docs/kernel-doc")
kerneldoc_srctree = os.path.dirname(here)
