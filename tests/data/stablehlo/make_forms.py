"""Write the text files beside it in MLIR's other forms, and small exports of JAX.

Run it in an environment with jax and flatbuffers: ``python make_forms.py``. The bytecode and the
portable artifacts are made of the text files, by jaxlib; each artifact is of one of the versions
that it can write.
"""

from __future__ import annotations

import io
import itertools
import os
from pathlib import Path

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
from jax import export
from jax._src.interpreters import mlir
from jax._src.lib.mlir import ir
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxlib.mlir.dialects import mhlo, stablehlo

jax.config.update("jax_hlo_source_file_canonicalization_regex", ".*/")  # no paths of this machine

HERE = Path(__file__).resolve().parent
FORMS = HERE / "forms"
VERSIONS = ("1.17.0", "1.9.0", "1.5.0", "1.0.0", "0.9.0")
WITH_WEIGHTS = {"closed_over"}
"""Kept as an artifact only, since the weights fill the file."""


def bytecode(module, version=6):
    """A module as MLIR writes it, in a version of the format."""
    stream = io.BytesIO()
    module.operation.write_bytecode(stream, desired_version=version)
    return stream.getvalue()


def parse(source):
    """A module from its text, in the context that is entered."""
    mhlo.register_mhlo_dialect(ir.Context.current)
    return ir.Module.parse(source)


def convert(source, version, stem):
    """One text file in the other two forms."""
    with mlir.make_ir_context():
        module = parse(source)
        if stem not in WITH_WEIGHTS:
            (FORMS / f"{stem}.bc").write_bytes(bytecode(module))
        artifact = stablehlo.serialize_portable_artifact(module, version, True)
        (FORMS / f"{stem}-{version}.vhlo").write_bytes(artifact)


def mlp(params, x):
    hidden = jax.nn.gelu(x @ params["up"]["kernel"] + params["up"]["bias"])
    return hidden @ params["down"]["kernel"]


def typed(*dims, sharding=None):
    return jax.ShapeDtypeStruct(dims, jnp.float32, sharding=sharding)


def parameters(spec=lambda *_: None):
    return {
        "up": {
            "kernel": typed(64, 256, sharding=spec(None, "model")),
            "bias": typed(256, sharding=spec("model")),
        },
        "down": {"kernel": typed(256, 64, sharding=spec("model", None))},
    }


def meshed():
    mesh = Mesh(jax.devices(), ("model",))

    def spec(*names):
        return NamedSharding(mesh, PartitionSpec(*names))

    return export.export(jax.jit(mlp))(parameters(spec), typed(8, 64, sharding=spec()))


def symbolic():
    (batch,) = export.symbolic_shape("b")
    return export.export(jax.jit(mlp))(parameters(), typed(batch, 64))


def partly_used():
    """Arguments that the module does not keep."""
    network = jax.jit(lambda params, x, _: x @ params["kernel"])
    return export.export(network)(
        {"kernel": typed(64, 4), "other": typed(64, 4)}, typed(8, 64), typed(8, 64)
    )


EXPORTS = {
    "export_static": lambda: export.export(jax.jit(mlp))(parameters(), typed(8, 64)),
    "export_symbolic": symbolic,
    "export_meshed": meshed,
    "export_platforms": lambda: export.export(jax.jit(mlp), platforms=("cpu", "cuda", "tpu"))(
        parameters(), typed(8, 64)
    ),
    "export_partly_used": partly_used,
}


def main():
    FORMS.mkdir(exist_ok=True)
    versions = itertools.cycle(VERSIONS)
    for path in sorted(HERE.glob("*.mlir")):
        convert(path.read_text(), next(versions), path.stem)
    for version in VERSIONS:
        convert((HERE / "loops.mlir").read_text(), version, "loops")
    convert((FORMS / "uncommon.mlir").read_text(), VERSIONS[0], "uncommon")
    with mlir.make_ir_context():
        for stem in ("older", "resources"):
            module = parse((FORMS / f"{stem}.mlir").read_text())
            (FORMS / f"{stem}.bc").write_bytes(bytecode(module))
        module = parse((HERE / "sharded_shardy.mlir").read_text())
        for version in range(6):
            content = bytecode(module, version)
            (FORMS / f"sharded_shardy-version{version}.bc").write_bytes(content)
    for stem, make in EXPORTS.items():
        exported = make()
        (HERE / f"{stem}.jaxexport").write_bytes(exported.serialize())
        (FORMS / f"{stem}.mlir").write_text(exported.mlir_module())
    for form in ("bc", "vhlo"):
        with mlir.make_ir_context():
            module = parse((HERE / "quantised.mlir").read_text())
            content = (
                bytecode(module)
                if form == "bc"
                else stablehlo.serialize_portable_artifact(module, VERSIONS[0], True)
            )
        name = {"bc": "quantised_bytecode.mlirbc", "vhlo": "quantised_portable.mlirbc"}[form]
        (HERE / name).write_bytes(content)


if __name__ == "__main__":
    main()
