"""Whether the host shows something on a display: a lit connector, or a framebuffer for its console.

Sources: Linux drivers/gpu/drm/drm_sysfs.c: ``drm/card<n>/card<n>-<connector>/enabled`` says
``enabled`` while something is shown there; drivers/video/fbdev/core/fbsysfs.c: ``graphics/fb<n>``.
A driver of DRM makes a framebuffer for the console only where a display is connected
(drm_fb_helper.c, deferred setup).
"""

from __future__ import annotations

import re

from cyborg_rr.drivers.sysfs import Directory

CARDS = "drm"
FRAMEBUFFERS = "graphics"

_CARD = re.compile(r"card[0-9]{1,5}", re.ASCII)
_CONNECTOR = re.compile(r"card[0-9]{1,5}-[A-Za-z0-9-]{1,60}", re.ASCII)
_FRAMEBUFFER = re.compile(r"fb[0-9]{1,5}", re.ASCII)
_LIT = "enabled"


def has_framebuffer(function: Directory) -> bool:
    """Whether the console may be drawn on the function of that directory."""
    with function.open_child(FRAMEBUFFERS) as folder:
        return any(_FRAMEBUFFER.fullmatch(name) for name in folder.names())


def is_lit(function: Directory) -> bool:
    """Whether a connector of the function of that directory shows something."""
    with function.open_child(CARDS) as folder:
        for name in folder.names():
            if _CARD.fullmatch(name):
                with folder.open_child(name) as card:
                    if any(_is_lit(card, one) for one in card.names()):
                        return True
    return False


def _is_lit(card: Directory, name: str) -> bool:
    if not _CONNECTOR.fullmatch(name):
        return False
    with card.open_child(name) as connector:
        return connector.find_text("enabled") == _LIT
