"""Documents that the command line shows: requirements and verdicts, made up."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def make_verdict(name: str, outcome: str = "fits", **changes: Any) -> Document:
    """What is answered for one device class."""
    does = outcome in ("fits", "fits if")
    return {
        "device_class": name,
        "verdict": outcome,
        "changes": [],
        "devices_needed": 1,
        "memory_bytes": {
            "parameters": 102_015_648,
            "constants": 32,
            "inputs": 602_112,
            "outputs": 4000,
            "activations": 9_633_792,
            "runtime_context": 805_306_368,
            "margin": 269_398_835,
            "aliased": 0,
            "total": 1_186_960_787,
            "usable_per_device": 15_000_000_000,
            "low": 782_862_535,
            "high": 1_186_960_787,
        },
        "time_seconds": {"low": 7.9e-5, "expected": 3.7e-4, "high": 8.9e-4} if does else None,
        "binding_term": "launch" if does else None,
        "compile_path": [{"toolchain": "onnxruntime-cuda", "from": "onnx", "to": "cuda:sm_75"}]
        if does
        else [],
        "reasons": [],
        "assumptions": ["compiled runtime", "inputs are on the device already"],
        "available": None,
        "interval_share": 0.8,
        **changes,
    }


def make_fix(verdict: str = "fits") -> Document:
    """A change with which the model runs."""
    return {
        "kind": "batch",
        "values": ["4"],
        "text": "a batch of 4",
        "verdict": verdict,
        "changes": ["convert to f16"] if verdict == "fits if" else [],
    }


def list_verdicts() -> list[Document]:
    """Some of every kind, best first."""
    change = "convert ai.onnx 20 to 19"
    missing = "no toolchain compiles onnx for {}"
    return [
        *(make_verdict(f"maker-fast-{number}") for number in range(12)),
        make_verdict(
            "maker-without-rates",
            reasons=["time unknown: the rates of the device are not known"],
            time_seconds=None,
            binding_term=None,
        ),
        *(
            make_verdict(
                f"other-{number}",
                "fits if",
                changes=[change],
                reasons=["the compiler needs ai.onnx <= 19, the file uses 20"],
            )
            for number in range(3)
        ),
        make_verdict("pair", "fits if", changes=["use 2 devices"], devices_needed=2,
                     reasons=["needs 1.11 GiB, pair has 0.90 GiB usable; split over 2 each needs"
                              " 0.60 GiB"]),
        *(
            make_verdict(
                f"odd-{number}",
                "unknown",
                reasons=[
                    "which operations the compiler covers is not stated anywhere",
                    f"the memory of odd-{number} is not known",
                ],
                nearest_device="maker-fast-0",
            )
            for number in range(3)
        ),
        *(
            make_verdict(
                f"edge-{number}",
                "does not fit",
                reasons=[
                    missing.format(f"edge-{number}")
                    + (f" (nearest fix: export the model as {form})" if form else "")
                ],
            nearest_fix=make_fix("fits if" if number else "fits") if number < 4 else None,
            nearest_device=f"maker-fast-{number % 5}",
            )
            for number, form in enumerate(["stablehlo"] * 6 + ["pt2"] * 2 + [""])
        ),
        make_verdict("nic-1", "does not fit", reasons=["nic-1 is a NIC device: it runs no models"]),
    ]  # fmt: skip


def make_document(**changes: Any) -> Document:
    """What a model asks for."""
    return {
        "name": "resnet.onnx",
        "size_bytes": 27_819,
        "ir": {
            "family": "onnx",
            "version": "10",
            "producer": "pytorch",
            "producer_version": "2.13",
            "dialects": [{"name": "ai.onnx", "version": "20"}],
        },
        "reader": {"name": "onnx", "completeness": "full"},
        "inputs": [{"name": "image", "element_type": "f32", "shape": ["batch", 3, 224, 224]}],
        "outputs": [{"name": "logits", "element_type": "f32", "shape": ["batch", 1000]}],
        "operations": {"Conv": 53, "Relu": 49, "Add": 16, "Gemm": 1},
        "element_types": ["f32", "i64"],
        "symbols": ["batch"],
        "dynamic": True,
        "memory": {
            "parameter_bytes": 102_015_648,
            "parameter_count": 25_503_912,
            "parameters": "external",
            "constant_bytes": 32,
            "input_bytes": None,
            "output_bytes": 4000,
            "activation_peak_bytes": 9_633_792,
            "at_most": {"activation_peak_bytes": 1_000_000},
        },
        "compute": {"macs": 4_089_184_256, "flops": 8_178_368_512, "flops_other": None},
        "targets": [],
        "warnings": ["55 weights (102015648 bytes) are stored outside this file"],
        **changes,
    }
