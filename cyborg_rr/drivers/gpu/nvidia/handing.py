"""Handing out a place on a GPU in MIG mode: its instance is made then, and ended at the release.

An instance that somebody else made is handed out as it is, and stays after the release: its handle
names its UUID, that of one which is made on demand none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.drivers.driver import HandleUnusable, Memory
from cyborg_rr.drivers.gpu.nvidia import cleaning
from cyborg_rr.drivers.gpu.nvidia.mig import acts
from cyborg_rr.drivers.gpu.nvidia.mig.profiles import MigProfile, render_place
from cyborg_rr.drivers.gpu.nvidia.nvml import Nvml
from cyborg_rr.drivers.gpu.nvidia.remembering import recall_made, remember_made

MAX_START_DIGITS = 3


@dataclass(frozen=True, slots=True)
class CutGpu:
    """A GPU in MIG mode: the library, its handle there, and what is remembered of it."""

    nvml: Nvml
    gpu: Any
    memory: Memory
    slot_key: str

    def prepare(self, handle: AttachHandle) -> None:
        """Have the instance there, idle; ``HandleUnusable`` when that cannot be."""
        profile = acts.get_profile(self.nvml, self.gpu, handle.info.get("profile", ""))
        start = get_start(handle)
        there = acts.find_instance(self.nvml, self.gpu, profile, start)
        is_given = "uuid" in handle.info
        if there is not None and not self._is_made(profile, start):
            if not is_given:
                raise HandleUnusable("somebody else has made a MIG instance there")
            acts.check_idle(self.nvml, self.gpu, there[1])
        elif there is None and is_given:
            raise HandleUnusable(f"the MIG instance {handle.info['uuid']} is gone")
        elif there is None:
            acts.make_instance(self.nvml, self.gpu, profile, start)
            self._note(profile, start, is_made=True)

    def release(self, handle: AttachHandle) -> None:
        """End the instance if it was made here; ``StillInUse`` when it cannot be ended."""
        try:
            profile = acts.get_profile(self.nvml, self.gpu, handle.info.get("profile", ""))
        except HandleUnusable:
            return  # MIG mode has been switched off, which ended all instances
        start = get_start(handle)
        there = acts.find_instance(self.nvml, self.gpu, profile, start)
        is_made = self._is_made(profile, start)
        if there is not None:
            acts.check_idle(self.nvml, self.gpu, there[1])
            if is_made or "uuid" not in handle.info:
                acts.end_instance(self.nvml, there[0])
        if is_made:
            self._note(profile, start, is_made=False)

    def clean(self, handle: AttachHandle, reset_suffices: bool) -> str:
        """The method's name, once the instance has ended; see ``cleaning``.

        ``StillInUse`` while it is there or used, ``NoCleanMethod`` when it stays.
        """
        if not reset_suffices:
            cleaning.check_scrubs(self.nvml, self.gpu)
        try:
            profile = acts.get_profile(self.nvml, self.gpu, handle.info.get("profile", ""))
        except HandleUnusable:
            return cleaning.INSTANCE_ENDED  # with MIG mode
        start = get_start(handle)
        if self._is_made(profile, start):
            self.release(handle)
        there = acts.find_instance(self.nvml, self.gpu, profile, start)
        if there is None:
            return cleaning.INSTANCE_ENDED
        acts.check_idle(self.nvml, self.gpu, there[1])
        return cleaning.check_given(handle.info, reset_suffices)

    def _is_made(self, profile: MigProfile, start: int) -> bool:
        return render_place(profile, start) in recall_made(self.memory, self.slot_key)

    def _note(self, profile: MigProfile, start: int, is_made: bool) -> None:
        place = frozenset({render_place(profile, start)})
        made = recall_made(self.memory, self.slot_key)
        remember_made(self.memory, self.slot_key, made | place if is_made else made - place)


def get_start(handle: AttachHandle) -> int:
    """The memory slice at which the instance of a handle begins; else ``HandleUnusable``."""
    text = handle.info.get("placement", "")
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_START_DIGITS):
        raise HandleUnusable(f"handle {handle.key} names no place on a GPU in MIG mode")
    return int(text)
