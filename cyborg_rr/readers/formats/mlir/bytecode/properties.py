"""Which attributes operations keep as properties, in the order in which bytecode has them.

MLIR writes the properties of a registered operation without their names, by the alphabet; those
that may be absent are marked (mlir-tblgen, OpDefinitionsGen.cpp, genPropertiesSupportForBytecode).
The names are those of StableHLO 1.17 (StablehloOps.td, ChloOps.td), Shardy and MLIR 23.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_TABLE: Final = """
builtin.module: sym_name? sym_visibility?
func.call_indirect: arg_attrs? res_attrs?
func.call: arg_attrs? callee no_inline? res_attrs?
func.constant stablehlo.constant sdy.constant chlo.constant_like chlo.constant: value
func.func: arg_attrs? function_type no_inline? res_attrs? sym_name sym_visibility?
stablehlo.all_gather: all_gather_dim channel_handle? replica_groups use_global_device_ids?
stablehlo.all_reduce: channel_handle? replica_groups use_global_device_ids?
stablehlo.all_to_all: channel_handle? concat_dimension replica_groups split_count split_dimension
stablehlo.batch_norm_grad stablehlo.batch_norm_inference stablehlo.batch_norm_training: epsilon
    feature_index
stablehlo.broadcast_in_dim: broadcast_dimensions
stablehlo.broadcast: broadcast_sizes
stablehlo.cbrt stablehlo.cosine stablehlo.exponential stablehlo.exponential_minus_one
    stablehlo.log_plus_one stablehlo.log stablehlo.logistic stablehlo.rsqrt stablehlo.sine
    stablehlo.sqrt stablehlo.tan stablehlo.tanh: result_accuracy?
stablehlo.cholesky: lower?
stablehlo.collective_broadcast: channel_handle? replica_groups
stablehlo.collective_permute: channel_handle? source_target_pairs
stablehlo.compare: compare_type? comparison_direction
stablehlo.composite: composite_attributes? decomposition name version?
stablehlo.concatenate stablehlo.get_dimension_size stablehlo.set_dimension_size: dimension
stablehlo.convolution mhlo.dynamic_conv: batch_group_count dimension_numbers feature_group_count
    lhs_dilation? padding? precision_config? rhs_dilation? window_reversal? window_strides?
stablehlo.cross-replica-sum: replica_groups
stablehlo.custom_call: api_version? backend_config? call_target_name called_computations?
    has_side_effect? operand_layouts? output_operand_aliases? result_layouts?
stablehlo.dot_general: algorithm? dot_dimension_numbers precision_config?
stablehlo.dot: precision_config?
stablehlo.dynamic_broadcast_in_dim: broadcast_dimensions known_expanding_dimensions?
    known_nonexpanding_dimensions?
stablehlo.dynamic_conv: batch_group_count dimension_numbers feature_group_count lhs_dilation?
    precision_config? rhs_dilation? window_reversal? window_strides?
stablehlo.dynamic_gather: dimension_numbers indices_are_sorted?
stablehlo.dynamic_iota stablehlo.iota: iota_dimension
stablehlo.dynamic_slice: slice_sizes
stablehlo.einsum stablehlo.unary_einsum: einsum_config
stablehlo.fft: fft_length fft_type
stablehlo.gather: dimension_numbers indices_are_sorted? slice_sizes
stablehlo.get_tuple_element: index
stablehlo.infeed: infeed_config? layout?
stablehlo.map stablehlo.reduce stablehlo.reverse: dimensions
stablehlo.outfeed: outfeed_config?
stablehlo.pad: edge_padding_high edge_padding_low interior_padding
stablehlo.recv stablehlo.send: channel_handle is_host_transfer? source_target_pairs?
stablehlo.reduce_precision: exponent_bits mantissa_bits
stablehlo.reduce_scatter: channel_handle? replica_groups scatter_dimension use_global_device_ids?
stablehlo.reduce_window: base_dilations? padding? window_dilations? window_dimensions
    window_strides?
stablehlo.rng_bit_generator: rng_algorithm
stablehlo.rng: rng_distribution
stablehlo.scatter: indices_are_sorted? scatter_dimension_numbers unique_indices?
stablehlo.select_and_scatter: padding? window_dimensions? window_strides?
stablehlo.slice: limit_indices start_indices strides
stablehlo.sort: dimension? is_stable?
stablehlo.torch_index_select: batch_dims dim
stablehlo.transpose: permutation
stablehlo.triangular_solve: left_side lower transpose_a unit_diagonal
sdy.all_gather: gathering_axes out_sharding
sdy.all_reduce: out_sharding reduction_axes
sdy.all_slice: out_sharding slicing_axes
sdy.all_to_all: out_sharding params
sdy.collective_permute: out_sharding
sdy.data_flow_edge: sharding?
sdy.manual_computation: in_shardings manual_axes out_shardings
sdy.mesh: mesh sym_name
sdy.named_computation: in_shardings? name out_shardings?
sdy.propagation_barrier: allowed_direction
sdy.reduce_scatter: out_sharding reduce_scatter_axes
sdy.replicated_to_unreduced sdy.sharded_to_unreduced: axes out_sharding
sdy.reshard sdy.sharding_constraint: sharding
sdy.sharding_group: group_id
cf.assert: msg
cf.cond_br: branch_weights?
cf.switch: case_operand_segments case_values?
chlo.broadcast_compare: broadcast_dimensions? compare_type? comparison_direction
chlo.ragged_dot mhlo.ragged_dot: precision_config? ragged_dot_dimension_numbers
chlo.scan mhlo.scan: dimension is_associative? is_reverse? scan_dim_size?
chlo.top_k: k
mhlo.all_to_all: channel_handle? concat_dimension? replica_groups split_count? split_dimension?
mhlo.async_start: called_computation execution_thread
mhlo.copy: cross_program_prefetch_index?
mhlo.custom_call: api_version? backend_config? call_target_name called_computations?
    custom_call_schedule? has_side_effect? operand_layouts? output_operand_aliases?
    result_layouts?
mhlo.domain: entry_metadata exit_metadata kind
mhlo.fusion: fusion_kind? output_operand_aliases?
mhlo.topk: k largest?
mhlo.trace: tag
mhlo.xla.rng_get_and_update_state: delta
"""

_VHLO_TABLE: Final = """
call: callee
func: arg_attrs function_type res_attrs sym_name sym_visibility
convolution: batch_group_count feature_group_count input_batch_dimension input_feature_dimension
    input_spatial_dimensions kernel_input_feature_dimension kernel_output_feature_dimension
    kernel_spatial_dimensions lhs_dilation output_batch_dimension output_feature_dimension
    output_spatial_dimensions padding precision_config rhs_dilation window_reversal window_strides
dynamic_conv_v1: batch_group_count feature_group_count input_batch_dimension
    input_feature_dimension input_spatial_dimensions kernel_input_feature_dimension
    kernel_output_feature_dimension kernel_spatial_dimensions lhs_dilation output_batch_dimension
    output_feature_dimension output_spatial_dimensions padding precision_config rhs_dilation
    window_reversal window_strides
dynamic_conv_v2: batch_group_count feature_group_count input_batch_dimension
    input_feature_dimension input_spatial_dimensions kernel_input_feature_dimension
    kernel_output_feature_dimension kernel_spatial_dimensions lhs_dilation output_batch_dimension
    output_feature_dimension output_spatial_dimensions precision_config rhs_dilation
    window_reversal window_strides
dot_general_v1: lhs_batching_dimensions lhs_contracting_dimensions precision_config
    rhs_batching_dimensions rhs_contracting_dimensions
dot_general_v2: accumulation_type allow_imprecise_accumulation lhs_batching_dimensions
    lhs_component_count lhs_contracting_dimensions lhs_precision_type num_primitive_operations
    precision_config rhs_batching_dimensions rhs_component_count rhs_contracting_dimensions
    rhs_precision_type
dynamic_gather_v1: collapsed_slice_dims index_vector_dim indices_are_sorted offset_dims
    start_index_map
dynamic_gather_v2: collapsed_slice_dims index_vector_dim indices_are_sorted offset_dims
    operand_batching_dims start_index_map start_indices_batching_dims
gather_v1: collapsed_slice_dims index_vector_dim indices_are_sorted offset_dims slice_sizes
    start_index_map
gather_v2: collapsed_slice_dims index_vector_dim indices_are_sorted offset_dims
    operand_batching_dims slice_sizes start_index_map start_indices_batching_dims
scatter_v1: index_vector_dim indices_are_sorted inserted_window_dims scatter_dims_to_operand_dims
    unique_indices update_window_dims
scatter_v2: index_vector_dim indices_are_sorted input_batching_dims inserted_window_dims
    scatter_dims_to_operand_dims scatter_indices_batching_dims unique_indices update_window_dims
recv_v1: channel_id channel_type is_host_transfer
send_v1: channel_id channel_type is_host_transfer
recv_v2: channel_id channel_type is_host_transfer source_target_pairs
send_v2: channel_id channel_type is_host_transfer source_target_pairs
"""
"""Operations of VHLO that keep other attributes than StableHLO's do (VhloOps.td)."""

_VERSIONED: Final = re.compile(r"vhlo\.(.+)_v([0-9]{1,3})")
_CHLO_BROADCASTS: Final = "broadcast_dimensions?"

_Slots = tuple[tuple[str, bool], ...]


def _split(names: str) -> _Slots:
    return tuple((name.removesuffix("?"), name.endswith("?")) for name in names.split())


def _parse(table: str) -> Mapping[str, _Slots]:
    """Names of operations before a colon, of their properties behind it; indented lines go on."""
    lines = table.replace("\n    ", " ").strip().splitlines()
    entries = [line.split(": ") for line in lines]
    return MappingProxyType(
        {name: _split(names) for group, names in entries for name in group.split()}
    )


_SLOTS: Final = _parse(_TABLE)
_VHLO: Final = _parse(_VHLO_TABLE)


def find_slots(operation: str) -> _Slots | None:
    """Names of the properties, each with whether it may be absent; None: it has none we know.

    MHLO's operations are StableHLO's unless they have a line of their own, and so are VHLO's, in
    which nothing may be absent.
    """
    if match := _VERSIONED.fullmatch(operation):
        return _find_versioned_slots(match[1], int(match[2]))
    found = _SLOTS.get(operation)
    if found is None and operation.startswith("mhlo."):
        return _SLOTS.get(f"stablehlo.{operation[len('mhlo.') :]}")
    if found is None and operation.startswith("chlo.broadcast_"):
        return _split(_CHLO_BROADCASTS)
    return found


def _find_versioned_slots(name: str, version: int) -> _Slots | None:
    stated = _VHLO.get(f"{name}_v{version}", _VHLO.get(name))
    if stated is not None:
        return stated
    found = _SLOTS.get(f"stablehlo.{name}")
    if found is None or (version == 1 and found == (("result_accuracy", True),)):
        return None
    names = ("channel_id" if each == "channel_handle" else each for each, _ in found)
    return tuple((each, False) for each in names)
