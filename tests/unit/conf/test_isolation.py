"""Configurations of one process are each their own."""

from __future__ import annotations

import pytest

from cyborg_rr.conf.opts import make_config


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("api__port", 1234),
        ("readers__concurrent", 9),
        ("conductor__heal_interval", 77),
        ("agent__sysfs_path", "/elsewhere"),
        ("catalogue__extra_paths", ["/elsewhere"]),
        ("database__max_pool_size", 3),
    ],
)
def test_what_one_overrides_is_not_overridden_in_another(option: str, value: object) -> None:
    group, _, name = option.partition("__")
    changed = make_config([], files=[], **{option: value})
    other = make_config([], files=[])
    assert changed[group][name] == value
    assert other[group][name] != value
