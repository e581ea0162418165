"""The regions of operations of StableHLO, and the values that modules store."""

from __future__ import annotations

import re
from collections.abc import Sequence

_COMPARE = " %p = stablehlo.compare {how}, {one}, {other} : ({kind}, {kind}) -> tensor<i1>\n"
_STOP = " %p = stablehlo.constant dense<false> : tensor<i1>\n stablehlo.return %p : tensor<i1>\n"


def find_element(tensor: str) -> str:
    """The element type of a tensor, as MLIR writes it."""
    inner = tensor.removeprefix("tensor<").removesuffix(">")
    return re.sub(r"^(?:[0-9?]+x)+", "", inner)


def write_value(tensor: str) -> str:
    """Ones, or the sizes of the result where they are asked for."""
    element = find_element(tensor)
    if tensor.startswith("tensor<2x"):
        return "dense<[2, 3]>"
    if element.startswith("complex"):
        return "dense<(1.0, 0.0)>"
    if element.startswith(("f", "bf")):
        return "dense<1.0>"
    return "dense<true>" if element == "i1" else "dense<1>"


def write_body(body: str, inputs: Sequence[str], outputs: Sequence[str]) -> str:
    """A region by its name: one of those below, else an operation of two scalars."""
    if body == "value":
        value = f" %c = stablehlo.constant {write_value(outputs[0])} : {outputs[0]}\n"
        return _write_block("", value + f" stablehlo.return %c : {outputs[0]}\n")
    if body == "never":
        return _write_block(f"%x: {inputs[0]}", _STOP)
    if body == "same":
        return _write_block(f"%x: {inputs[0]}", f" stablehlo.return %x : {inputs[0]}\n")
    if body == "both":
        return _write_choice(inputs[: len(outputs)])
    if body == "order":
        return _write_order(inputs)
    return _write_pair(body, f"tensor<{find_element((*inputs, *outputs)[0])}>")


def _write_pair(body: str, scalar: str) -> str:
    """Of two scalars the second, whether the first is greater, or what an operation makes."""
    block = f"%x: {scalar}, %y: {scalar}"
    if body == "second":
        return _write_block(block, f" stablehlo.return %y : {scalar}\n")
    if body == "compare":
        compared = _COMPARE.format(how="GE", one="%x", other="%y", kind=scalar)
        return _write_block(block, compared + " stablehlo.return %p : tensor<i1>\n")
    return _write_block(
        block, f" %z = stablehlo.{body} %x, %y : {scalar}\n stablehlo.return %z : {scalar}\n"
    )


def _write_choice(operands: Sequence[str]) -> str:
    """Of several values and their places those with the greater first one."""
    kinds = [f"tensor<{find_element(each)}>" for each in operands]
    block = [f"%{row}{place}: {kind}" for row in "xy" for place, kind in enumerate(kinds)]
    lines = [_COMPARE.format(how="GE", one="%x0", other="%y0", kind=kinds[0])]
    lines += [
        f" %z{place} = stablehlo.select %p, %x{place}, %y{place} : (tensor<i1>, {kind}, {kind})"
        f" -> {kind}\n"
        for place, kind in enumerate(kinds)
    ]
    names = ", ".join(f"%z{place}" for place in range(len(kinds)))
    return _write_block(
        ", ".join(block), "".join(lines) + f" stablehlo.return {names} : {', '.join(kinds)}\n"
    )


def _write_order(operands: Sequence[str]) -> str:
    """Whether the first operand of two rows is the less one."""
    kinds = [f"tensor<{find_element(each)}>" for each in operands]
    block = ", ".join(f"%x{place}: {kind}, %y{place}: {kind}" for place, kind in enumerate(kinds))
    compared = _COMPARE.format(how="LT", one="%x0", other="%y0", kind=kinds[0])
    return _write_block(block, compared + " stablehlo.return %p : tensor<i1>\n")


def _write_block(arguments: str, lines: str) -> str:
    head = f"^bb0({arguments}):\n" if arguments else ""
    return f"{{\n{head}{lines}}}"
