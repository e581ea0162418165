"""MLIR bytecode as the same modules, functions and operations that MLIR text is read as.

``cursor`` reads numbers, ``sections`` finds the tables of a file, ``tables`` reads them,
``entries`` reads attributes and types when they are asked for: those of the dialects in
``builtin``, ``stablehlo``, ``vhlo`` and ``sharding``. ``properties`` says which attributes an
operation keeps as properties, ``operations`` reads regions, ``names`` names values, ``versioned``
gives operations of VHLO the names and attributes of StableHLO, and ``module``, whose
``parse_bytecode`` readers call, puts functions together.
Format: mlir.llvm.org, MLIR Bytecode Format; mlir/lib/Bytecode.
"""
