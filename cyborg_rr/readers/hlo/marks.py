"""What HLO text is recognised by."""

from __future__ import annotations

import re

START = re.compile(
    rb"(?:\xef\xbb\xbf)?+(?:\s++|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+HloModule[ \t]++([^\s,]++)"
)
