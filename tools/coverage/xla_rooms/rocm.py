"""What is known of XLA for AMD's GPUs from what it answered for CUDA."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from writing import Rule
from xla_rooms.rules import UNSTATED

_OF_CUDA = ("cu", "__cu", "__op$cu", "triton", "__gpu$")
"""Begins of the targets of custom calls that are kernels of one maker's library."""


def leave_cuda_out(
    sets: Mapping[str, Mapping[str, list[Rule]]],
) -> dict[str, dict[str, list[Rule]]]:
    """The rules that hang on no capability, and no calls of CUDA's libraries; all else is open.

    Both are made by passes of one compiler (openxla/xla, xla/service/gpu/gpu_compiler.cc), which
    end in LLVM's code for one or the other.
    """
    return {
        dialect: {name: [_open(rule) for rule in rules] for name, rules in found.items()}
        for dialect, found in sets.items()
    }


def _open(rule: Rule) -> Rule:
    conditions = [json.loads(each) for each in rule.where]
    kept = [_leave_targets_out(each) for each in conditions]
    where = tuple(json.dumps(each) for each in kept)
    if rule.arch and UNSTATED not in where:
        where = (*where, UNSTATED)
    return replace(rule, where=where, arch="")


def _leave_targets_out(condition: list[Any]) -> list[Any]:
    """A list of targets without those of CUDA's libraries."""
    if condition[:3] != ["attribute", "target", "in"]:
        return condition
    own = [name for name in condition[3] if not name.startswith(_OF_CUDA)]
    return [*condition[:3], own, *condition[4:]]
