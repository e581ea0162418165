"""Sphinx configuration; the version is the installed one."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "cyborg_rr"
author = "cyborg_rr contributors"
project_copyright = author
release = installed_version("cyborg_rr")
version = ".".join(release.split(".")[:3])

extensions = [
    "oslo_config.sphinxext",
    "oslo_policy.sphinxext",
    "driver_families",
    "list_filters",
    "operation_pages",
]
root_doc = "index"
exclude_patterns: list[str] = []
nitpicky = False

html_theme = "alabaster"
html_theme_options = {
    "description": "What a model needs, and which accelerator has it",
    "page_width": "1100px",
    "sidebar_width": "240px",
}
html_show_sourcelink = False
