"""XLA, asked ahead of time for devices that are not there: CUDA's by capability, TPUs by kind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from probing.asking import Ask

_CUDA = """
gpu_device_info {{
  threads_per_block_limit: 1024 threads_per_warp: 32
  shared_memory_per_block: 49152 shared_memory_per_core: 102400
  shared_memory_per_block_optin: 65536
  threads_per_core_limit: 1024 core_count: 64 fpus_per_core: 64
  block_dim_limit_x: 2147483647 block_dim_limit_y: 65535 block_dim_limit_z: 65535
  thread_dim_limit_x: 1024 thread_dim_limit_y: 1024 thread_dim_limit_z: 64
  registers_per_core_limit: 65536 registers_per_block_limit: 65536
  memory_bandwidth: 1000000000000 l2_cache_size: 4194304 clock_rate_ghz: 1.5
  device_memory_size: 34359738368 device_address_bits: 64 device_vendor: "NVIDIA Corporation"
  cuda_compute_capability {{ major: {major} minor: {minor} {features} }}
  driver_version: "13.0.0" runtime_version: "13.0.0" compile_time_toolkit_version: "13.0.0"
  dnn_version: "9.10.0"
}}
platform_name: "CUDA"
dnn_version_info {{ major: 9 minor: 10 patch: 0 }}
device_description_str: "{name}"
"""
"""A device of some capability; its sizes are those of a small one."""

_TPUS = {"tpu_v2": "v2", "tpu_v3": "v3", "tpu_v4": "v4", "tpu_v5e": "v5e", "tpu_v5p": "v5p",
         "tpu_v6e": "v6e"}  # fmt: skip
_CHIPS = "2x2x1"


def start(site: Path, target: str) -> Callable[[], Ask]:
    """What makes the compiler for a target such as ``sm_90`` or ``tpu_v4`` in its own process.

    ``site`` holds jax_plugins/xla_cuda13, nvidia/cu13 and libtpu as their wheels unpack.
    """

    def make() -> Ask:
        os.environ["JAX_PLATFORMS"] = "cpu"
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        os.environ["XLA_FLAGS"] = f"--xla_gpu_cuda_data_dir={site}/nvidia/cu13"
        devices = _list_tpus(site, target) if target in _TPUS else _list_gpus(site, target)
        return _make_ask(devices)

    return make


def start_reading() -> Ask:
    """What reads modules alone: what it refuses, all targets do."""
    os.environ["JAX_PLATFORMS"] = "cpu"
    from jax._src.interpreters import mlir
    from jaxlib.mlir import ir

    def ask(data: bytes) -> str:
        try:
            with mlir.make_ir_context():
                ir.Module.parse(data.decode())
        except Exception as error:  # noqa: BLE001  tools refuse in any way
            return str(error) or "refused"
        return ""

    return ask


def _list_gpus(site: Path, target: str) -> Any:
    from jax._src.lib import _jax, xla_client

    library = site / "jax_plugins" / "xla_cuda13" / "xla_cuda_plugin.so"
    xla_client.load_pjrt_plugin_dynamically("cuda", str(library))
    xla_client.initialize_pjrt_plugin("cuda")
    major, minor = int(target[3:-1]), int(target[-1])
    features = "feature_extension: ACCELERATED_FEATURES" if major >= 9 else ""
    device = _CUDA.format(major=major, minor=minor, features=features, name=target)
    options = {"topology": "1x1x4", "target_config": device}
    return _jax.get_default_c_api_topology("cuda", "", options)._make_compile_only_devices()


def _list_tpus(site: Path, target: str) -> Any:
    os.environ |= {
        "TPU_SKIP_MDS_QUERY": "1",
        "TPU_WORKER_HOSTNAMES": "localhost",
        "TPU_WORKER_ID": "0",
        "TPU_LIBRARY_PATH": str(site / "libtpu" / "libtpu.so"),
        "TPU_ACCELERATOR_TYPE": f"{_TPUS[target]}-4",
    }
    from jax.experimental import topologies

    return topologies.get_topology_desc(f"{_TPUS[target]}:{_CHIPS}", platform="tpu").devices


def _make_ask(devices: Any) -> Ask:
    import numpy
    from jax._src.interpreters import mlir
    from jax._src.lib import xla_client
    from jaxlib.mlir import ir

    def ask(data: bytes) -> str:
        text = data.decode()
        replicas, parts = _read_count(text, "replicas"), _read_count(text, "partitions")
        options = xla_client.CompileOptions()
        options.num_replicas, options.num_partitions = replicas, parts
        build = options.executable_build_options
        build.num_replicas, build.num_partitions = replicas, parts
        build.use_spmd_partitioning = parts > 1
        build.use_shardy_partitioner = "sdy." in text
        chosen = tuple(devices[: replicas * parts])
        numbers = numpy.array([each.id for each in chosen]).reshape(replicas, parts)
        build.device_assignment = xla_client.DeviceAssignment.create(numbers)
        try:
            with mlir.make_ir_context():
                module = ir.Module.parse(text)
                devices[0].client.compile(module, xla_client.DeviceList(chosen), options)
        except Exception as error:  # noqa: BLE001  tools refuse in any way
            return str(error) or "refused"
        return ""

    return ask


def _read_count(text: str, what: str) -> int:
    return int(text.partition(f"mhlo.num_{what} = ")[2].partition(" ")[0] or 1)
