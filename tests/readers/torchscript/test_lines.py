"""A line that is one call is taken as one token; what comes of it is what its tokens would give."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.torchscript.language.parser import parse_function
from cyborg_rr.readers.torchscript.language.tokens import list_tokens

HEAD = "def forward(self, x: Tensor) -> Tensor:\n"
LINES = [
    "_0 = torch.matmul(x, self.w)",
    "_1 = torch.add(_0, x, alpha=1)",
    "_2 = torch.softmax(_1, -1)",
    "_3 = torch.conv2d(_2, self.c.weight, None, [1, 1], [0, 0], [1, 1], 1)",
    "_4 = torch.layer_norm(_3, [64], None, None, 1.0000000000000001e-05, True)",
    "_5 = torch.zeros([], dtype=6, layout=0, device=None, pin_memory=False)",
    "_6 = torch.cat([_4, _5],\n      1)",
    "x1 = self.linear.forward(_6)",
    "y = f()",
]


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_one_call_means_what_its_tokens_mean(line: str) -> None:
    at_once = parse_function(f"{HEAD}  {line}\n  return x\n", 1, "code")
    slowly = parse_function(f"{HEAD}  {line.replace(' = ', '  = ')}\n  return x\n", 1, "code")
    assert at_once == slowly


@pytest.mark.parametrize("line", LINES)
def test_such_a_line_is_one_token(line: str) -> None:
    kinds = [kind for kind, _, _ in list_tokens(f"{HEAD}  {line}\n  return x\n", 1, "code")]
    assert kinds.count("call") == 1


def test_lines_are_counted_through_calls() -> None:
    text = HEAD + "".join(f"  {line}\n" for line in LINES) + "  ?\n"
    with pytest.raises(UnreadableModel, match=f"line {3 + len(LINES)} "):
        parse_function(text, 1, "code")


def test_a_block_after_a_call_begins_and_ends() -> None:
    text = (
        f"{HEAD}  a = f(x)\n  if a:\n    b = g(a)\n    c = g(b)\n  else:\n    b = a\n  d = h(b)\n"
    )
    slowly = text.replace(" = ", "  = ")
    assert parse_function(text, 1, "code") == parse_function(slowly, 1, "code")


@pytest.mark.parametrize("line", ["a = f(not)", "a = f(1x)", "a = f(x,, y)", "a = f(x y)"])
def test_what_is_no_call_is_refused_as_before(line: str) -> None:
    with pytest.raises(UnreadableModel):
        parse_function(f"{HEAD}  {line}\n", 1, "code")
