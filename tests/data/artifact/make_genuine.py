"""Makes the files that compilers wrote: ``python make_genuine.py``, where they are installed.

``iree-base-compiler`` 3.13 (``iree_*``), ptxas of ``nvidia-cuda-nvcc-cu12`` 12.9 (``ptxas_*``; its
path is the first argument), ``apache-tvm`` 0.27 (``tvm_host.tar``) and ``openvino`` 2026.4
(``openvino_cpu.blob``); what is not there is passed over. ``paddle_sm30.fatbin`` is from
PaddlePaddle (Apache-2.0): the words of fatbinData in an empty device link of CUDA for sm_30.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ADDITION = """\
func.func @add(%a: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<8xf32> {
  %0 = tosa.add %a, %b : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
"""
GPU = """\
#hal.executable.target<"rocm", "rocm-hsaco-fb", {iree_codegen.target_info = #iree_gpu.target<\
arch = "ARCH", features = "", wgp = <compute = fp32, storage = b32, subgroup = none, dot = none, \
mma = [], subgroup_size_choices = [64], max_workgroup_sizes = [1024, 1024, 1024], \
max_thread_count_per_workgroup = 1024, max_workgroup_memory_bytes = 65536, \
max_workgroup_counts = [2147483647, 2147483647, 2147483647]>>}>"""
KERNEL = """\
.version 8.8
.target sm_ARCH
.address_size 64
.visible .entry scale(.param .u64 p)
{
	.reg .b64 %rd<3>;
	.reg .f32 %f<2>;
	ld.param.u64 %rd1, [p];
	cvta.to.global.u64 %rd2, %rd1;
	ld.global.f32 %f1, [%rd2];
	add.f32 %f1, %f1, %f1;
	st.global.f32 [%rd2], %f1;
	ret;
}
"""
CUDA = ["--iree-hal-target-device=cuda", "--iree-cuda-target=sm_80"]
HIP = ["--iree-hal-target-device=hip"]
MODES = [*HIP, "--iree-rocm-target=gfx90a", "--iree-rocm-target-features=+sramecc,-xnack"]
HOST = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu"]
FLAT = [*CUDA, "--iree-vm-emit-polyglot-zip=false"]
MODULES = {"iree_cuda": CUDA, "iree_flat": FLAT, "iree_host": HOST, "iree_two_gpus": []}
EXECUTABLES = {
    "iree_sm80.ptx": CUDA,
    "iree_gfx942.hsaco": [*HIP, "--iree-rocm-target=gfx942"],
    "iree_gfx90a_modes.hsaco": MODES,
    "iree_vulkan.spv": ["--iree-hal-target-device=vulkan"],
}
FATBIN = """\
00100001ba55ed50 00000000000002a8 0000004001010002 0000000000000268 0 0000001e00010007 0 11 0 0
33010102464c457f 7 0000006600be0002 0 1c0 c0 00380040001e051e 0001000400400003 7472747368732e00
747274732e006261 746d79732e006261 746d79732e006261 78646e68735f6261 666e692e766e2e00
747368732e00006f 74732e0062617472 79732e0062617472 79732e006261746d 6e68735f6261746d
692e766e2e007864 00000000006f666e 0 0 0 0 0 0 0 0 0 0 0 0000000300000001 0 0 40 32 0 1 0
000000030000000b 0 0 72 32 0 1 0 0000000200000013 0 0 a8 18 2 8 18 0000000500000006 1c0 0 0 a8 a8 8
0000000500000001 0 0 0 0 0 8 0000000600000001 0 0 0 0 0 8"""
TVM = """\
import sys, tvm
from tvm.script import ir as I, relax as R
@I.ir_module
class M:
    @R.function
    def main(x: R.Tensor((4,), "float32")):
        with R.dataflow():
            y = R.add(x, x)
            R.output(y)
        return y
tvm.compile(M, target="llvm").export_library(sys.argv[1])
"""
OPENVINO = """\
import sys, numpy, openvino
from openvino import opset13
x = opset13.parameter([1, 4], numpy.float32)
core = openvino.Core()
core.set_property({"CACHE_DIR": sys.argv[1]})
core.compile_model(openvino.Model([opset13.relu(x)], [x], "m"), "CPU")
"""


def run(*command: str) -> None:
    """Run a compiler."""
    subprocess.run(command, check=True)


def make_iree(work: Path) -> None:
    """Modules, and the executables that are put into them."""
    source = work / "add.mlir"
    source.write_text(ADDITION)
    several = work / "several.mlir"
    gpus = ", ".join(GPU.replace("ARCH", arch) for arch in ("gfx942", "gfx90a"))
    device = f'[#hal.device.target<"hip", [{gpus}]> : !hal.device]'
    several.write_text(f"module attributes {{hal.device.targets = {device}}} {{\n{ADDITION}}}\n")
    for name, options in MODULES.items():
        of = source if options else several
        run("iree-compile", str(of), *options, "-o", str(HERE / f"{name}.vmfb"))
    for name, options in EXECUTABLES.items():
        dump = work / name
        told = f"--iree-hal-dump-executable-binaries-to={dump}"
        run("iree-compile", str(source), *options, told, "-o", str(work / "unused"))
        shutil.copy(next(dump.iterdir()), HERE / name)


def make_cubins(ptxas: str, work: Path) -> None:
    """One for an architecture-specific target, one for a family."""
    for arch in ("90a", "100f"):
        source = work / f"{arch}.ptx"
        source.write_text(KERNEL.replace("ARCH", arch))
        run(ptxas, f"-arch=sm_{arch}", str(source), "-o", str(HERE / f"ptxas_sm{arch}.cubin"))


def make_blob(work: Path) -> None:
    """What OpenVINO keeps in its cache."""
    run(sys.executable, "-c", OPENVINO, str(work))
    shutil.copy(next(work.glob("*.blob")), HERE / "openvino_cpu.blob")


def main() -> None:
    """Write all that can be made here."""
    words = (int(word, 16).to_bytes(8, "little") for word in FATBIN.split())
    (HERE / "paddle_sm30.fatbin").write_bytes(b"".join(words))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if shutil.which("iree-compile"):
            make_iree(work)
        if len(sys.argv) > 1:
            make_cubins(sys.argv[1], work)
        for module, make in (
            ("tvm", lambda: run(sys.executable, "-c", TVM, str(HERE / "tvm_host.tar"))),
            ("openvino", lambda: make_blob(work)),
        ):
            if (
                subprocess.run([sys.executable, "-c", f"import {module}"], check=False).returncode
                == 0
            ):
                make()


if __name__ == "__main__":
    main()
