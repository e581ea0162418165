"""Hands the build to pbr, which takes the version from git or from an sdist's PKG-INFO.

A copy of the tree with neither (a tarball of the files, a machine without git) still installs,
under a version that says where it comes from.
"""

import os
import sys

import setuptools
from pbr import packaging

FALLBACK_VERSION = "0.0.1.dev0+nogit"


def ensure_version() -> None:
    """Let pbr find the version; where it cannot, state the fallback and say so."""
    try:
        packaging.get_version("cyborg_rr")
    except Exception:  # noqa: BLE001  pbr raises no narrower type
        os.environ["PBR_VERSION"] = FALLBACK_VERSION
        sys.stderr.write(
            "cyborg_rr: no version: this is neither a git checkout that git can read nor an sdist;"
            f" building as {FALLBACK_VERSION}. Set PBR_VERSION to choose another.\n"
        )


ensure_version()
setuptools.setup(setup_requires=["pbr>=6.1.1"], pbr=True)
