"""Limits for reading model files: group [readers]."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("readers", title="Reading of model files")

OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt(
        "max_file_bytes",
        default=4 * 1024**3,
        min=1024,
        help="Largest model file that the API accepts.",
    ),
    cfg.IntOpt(
        "memory_bytes",
        default=1024**3,
        min=64 * 1024**2,
        help="Memory that the process which reads one file may use, besides the mapped file.",
    ),
    cfg.IntOpt(
        "cpu_seconds",
        default=5,
        min=1,
        help="Processor time that reading a small file may take. A large one is given as much again"
        " for each 5 MiB, up to twelve times this.",
    ),
    cfg.IntOpt(
        "wall_seconds", default=120, min=1, help="Time that reading one file may take in all."
    ),
    cfg.IntOpt(
        "concurrent", default=2, min=1, max=64, help="Files that one API process reads at a time."
    ),
    cfg.StrOpt(
        "spool_directory",
        help="Where uploads wait while they are read; removed afterwards. The system's temporary"
        " directory by default.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Add the group to a configuration."""
    conf.register_group(cfg.OptGroup(GROUP.name, GROUP.title))  # a copy would share its options
    conf.register_opts(OPTIONS, group=GROUP)


def list_opts() -> list[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    """The options, for the sample generator."""
    return [(GROUP, OPTIONS)]
