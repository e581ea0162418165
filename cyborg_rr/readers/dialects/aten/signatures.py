"""Names of the arguments of aten's operations, in order: PyTorch 2.13, native_functions.yaml.

torch-mlir and TorchScript write arguments by their place. An overload stands here only where its
arguments are not those of its operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_ROWS: Final = """
A: _linalg_det linalg_det linalg_inv
A B left: linalg_solve
A B left check_errors: _linalg_solve_ex linalg_solve_ex
A check_errors: linalg_inv_ex
A pivot: linalg_lu_factor
A pivot check_errors: linalg_lu_factor_ex
abs angle: polar
condition: where
condition self other: where.Scalar where.ScalarOther where.ScalarSelf where.self
count prob generator: binomial
data batch_sizes hx params has_biases num_layers dropout train bidirectional: gru lstm rnn_relu
  rnn_tanh
end dtype layout device pin_memory: arange
equation tensors path: einsum
high size dtype layout device pin_memory: randint
high size generator dtype layout device pin_memory: randint.generator
i1 i2 i3 expand1 expand2 expand3 sumdim unroll_dim: _trilinear
info api_name is_matrix: _linalg_check_errors
input grid interpolation_mode padding_mode align_corners: grid_sampler grid_sampler_2d
  grid_sampler_3d
input hx params has_biases num_layers dropout train bidirectional batch_first: gru.input
  lstm.input rnn_relu.input rnn_tanh.input
input hx w_ih w_hh b_ih b_hh: gru_cell lstm_cell
input normalized_shape weight bias eps: native_layer_norm
input normalized_shape weight bias eps cudnn_enable: layer_norm
input normalized_shape weight eps: _fused_rms_norm rms_norm
input num_groups weight bias eps cudnn_enabled: group_norm
input output_size align_corners scale_factors: _upsample_bicubic2d_aa.vec
  _upsample_bilinear2d_aa.vec upsample_bicubic2d.vec upsample_bilinear2d.vec upsample_linear1d.vec
  upsample_trilinear3d.vec
input output_size scale_factors: upsample_nearest1d.vec upsample_nearest2d.vec
  upsample_nearest3d.vec
input p train: alpha_dropout dropout feature_alpha_dropout feature_dropout native_dropout
input target log_input full eps reduction: poisson_nll_loss
input weight bias: linear
input weight bias N C HxW group eps: native_group_norm
input weight bias running_mean running_var momentum eps: _batch_norm_no_update
  _native_batch_norm_legit_no_training
input weight bias running_mean running_var training exponential_average_factor epsilon:
  cudnn_batch_norm
input weight bias running_mean running_var training momentum eps: _native_batch_norm_legit
  _native_batch_norm_legit_functional native_batch_norm
input weight bias running_mean running_var training momentum eps cudnn_enabled: batch_norm
input weight bias running_mean running_var use_input_stats momentum eps cudnn_enabled:
  instance_norm
input weight bias stride padding dilation groups: conv1d conv2d conv3d
input weight bias stride padding dilation transposed output_padding groups: convolution
input weight bias stride padding output_padding groups dilation: conv_transpose1d conv_transpose2d
  conv_transpose3d
input weight bias training momentum eps: _native_batch_norm_legit.no_stats
input1 input2 weight bias: bilinear
low high size dtype layout device pin_memory: randint.low
low high size generator dtype layout device pin_memory: randint.low_generator
mean std generator: normal
mean std size generator dtype layout device pin_memory: normal.float_float
n dtype layout device pin_memory: eye randperm
n generator dtype layout device pin_memory: randperm.generator
n l: mul.right_
n m dtype layout device pin_memory: eye.m
n self: polygamma
query key value attn_bias compute_log_sumexp dropout_p is_causal return_debug_mask scale:
  _scaled_dot_product_cudnn_attention
query key value attn_bias compute_log_sumexp dropout_p is_causal scale:
  _scaled_dot_product_efficient_attention
query key value attn_bias dropout_p is_causal return_debug_mask scale:
  _scaled_dot_product_fused_attention_overrideable
query key value attn_mask dropout_p is_causal dropout_mask scale enable_gqa:
  _scaled_dot_product_attention_math_for_mps
query key value attn_mask dropout_p is_causal scale enable_gqa: scaled_dot_product_attention
query key value dropout_p is_causal attn_mask scale: _scaled_dot_product_flash_attention_for_cpu
query key value dropout_p is_causal return_debug_mask scale: _scaled_dot_product_flash_attention
query key value q_descale k_descale v_descale dropout_p is_causal return_debug_mask scale:
  _scaled_dot_product_flash_attention.quantized
real imag: complex
repeats output_size: repeat_interleave.Tensor
row col offset dtype layout device pin_memory: tril_indices triu_indices
s dtype layout device pin_memory: scalar_tensor
self: _assert_async _local_scalar_dense abs acos acosh adjoint alias all angle any asin asinh atan
  atanh atleast_1d atleast_2d atleast_3d bitwise_not ceil conj conj_physical copy.Dict_Tensor
  copy.Dict_bool copy.Dict_complex copy.Dict_float copy.Dict_int copy.Dict_str cos cosh deg2rad
  det detach detach_ digamma erf erfc erfinv exp exp2 expm1 fliplr flipud floor frac hardsigmoid
  hardswish i0 imag inverse isfinite isinf isnan isneginf isposinf item lgamma lift_fresh
  lift_fresh_copy log log10 log1p log2 log_sigmoid log_sigmoid_forward logical_not mT matrix_H max
  median min mish nanmedian neg nonzero numpy_T positive rad2deg ravel real reciprocal relu relu6
  resolve_conj resolve_neg round rsqrt selu sgn sigmoid sign signbit silu sin sinc sinh
  special_bessel_j0 special_bessel_j1 special_bessel_y0 special_bessel_y1 special_digamma
  special_entr special_erfc special_erfcx special_erfinv special_exp2 special_gammaln special_i0
  special_i0e special_i1 special_i1e special_log_ndtr special_modified_bessel_i0
  special_modified_bessel_i1 special_modified_bessel_k0 special_modified_bessel_k1 special_ndtr
  special_ndtri special_psi special_sinc sqrt square squeeze squeeze_copy sum.bool sum.float
  sum.int sym_size t t_copy tan tanh trunc view_as_complex view_as_real zero
self A upper transpose unitriangular: triangular_solve
self B upper left unitriangular: linalg_solve_triangular
self alpha: celu
self alpha scale input_scale: elu
self approximate: gelu
self assert_msg: _assert_async.msg _assert_scalar
self assert_msg dep_token: _functional_assert_async
self axis0 axis1: swapaxes
self batch1 batch2 beta alpha: addbmm baddbmm
self batch1 batch2 out_dtype beta alpha: baddbmm.dtype
self beta threshold: softplus
self bins min max: histc
self boundaries out_int32 right: bucketize
self chunks dim: chunk unsafe_chunk
self decimals: round.decimals
self device dtype non_blocking copy: to.prim_Device
self device dtype non_blocking copy memory_format: to
self diagonal: tril triu
self dim: count_nonzero cummax cummin glu logcumsumexp squeeze.dim squeeze.dims squeeze_copy.dim
  squeeze_copy.dims sym_size.int unbind unbind_copy unsqueeze unsqueeze_copy
self dim correction keepdim: std.correction std_mean.correction var.correction var_mean.correction
self dim descending: argsort sort
self dim dtype: _safe_softmax cumprod cumsum log_softmax softmax
self dim half_to_float: _log_softmax _softmax
self dim index: index_select select select_copy
self dim index source: index_copy
self dim index source alpha: index_add
self dim index source reduce include_self: index_reduce
self dim index sparse_grad: gather
self dim index src: scatter.src scatter_add
self dim index src reduce: scatter
self dim index src reduce include_self: scatter_reduce
self dim index value: index_fill scatter.value
self dim index value reduce: scatter.value_reduce
self dim keepdim: all.dim all.dims amax amin aminmax any.dim any.dims argmax argmin logsumexp
  max.dim median.dim min.dim mode nanmedian.dim
self dim keepdim dtype: mean.dim nanmean nansum prod.dim_int sum.dim_IntList
self dim normalization forward: _fft_c2c
self dim normalization last_dim_size: _fft_c2r
self dim normalization onesided: _fft_r2c
self dim sizes: unflatten
self dim sorted return_inverse return_counts: unique_dim
self dim start end step: slice slice_copy
self dim start length: narrow
self dim unbiased keepdim: std.dim std_mean.dim var.dim var_mean.dim
self dim0 dim1: swapdims transpose transpose_copy
self dimension size step: unfold unfold_copy
self dims: flip permute permute_copy tile
self downscale_factor: pixel_unshuffle
self dtype: mean prod sum view.dtype view_copy.dtype
self dtype layout device pin_memory memory_format: empty_like ones_like rand_like randn_like
  zeros_like
self dtype layout device pin_memory non_blocking copy memory_format: to.dtype_layout
self dtype layout device pin_memory non_blocking memory_format: _to_copy
self dtype non_blocking copy: to.prim_dtype
self dtype non_blocking copy memory_format: to.dtype
self el: index
self end weight: lerp
self eps: logit special_logit
self exponent: float_power pow.Scalar pow.Tensor_Scalar pow.Tensor_Tensor
self fill_value dtype layout device pin_memory memory_format: full_like
self from to generator: uniform
self generator: bernoulli poisson
self generator dtype layout device pin_memory memory_format: rand_like.generator
  randn_like.generator
self groups: channel_shuffle native_channel_shuffle
self high dtype layout device pin_memory memory_format: randint_like
self high generator dtype layout device pin_memory memory_format: randint_like.Tensor_generator
  randint_like.generator
self index: take
self index source accumulate: put
self indices: _unsafe_index index.Tensor index.Tensor_hacked_twin
self indices dim: take_along_dim tensor_split
self indices output_size: max_unpool2d
self indices output_size stride padding: max_unpool3d
self indices values accumulate: _unsafe_index_put index_put index_put_
self k dim keepdim: kthvalue
self k dim largest sorted: topk
self k dims: rot90
self kernel_size dilation padding stride: im2col
self kernel_size stride padding ceil_mode count_include_pad: avg_pool1d
self kernel_size stride padding ceil_mode count_include_pad divisor_override: avg_pool2d
  avg_pool3d
self kernel_size stride padding dilation ceil_mode: max_pool1d max_pool1d_with_indices max_pool2d
  max_pool2d_with_indices max_pool3d max_pool3d_with_indices
self lambd: hardshrink softshrink
self lambd generator: exponential
self low high dtype layout device pin_memory memory_format: randint_like.low_dtype
self low high generator dtype layout device pin_memory memory_format:
  randint_like.low_generator_dtype
self lower upper training generator: rrelu
self mask: masked_select
self mask source: masked_scatter
self mask value: masked_fill
self mat vec beta alpha: addmv
self mat1 mat2 beta alpha: addmm
self mat1 mat2 out_dtype beta alpha: addmm.dtype
self mat2: _int_mm bmm mm
self mat2 out_dtype: bmm.dtype mm.dtype
self mat2 scales: _weight_int8pack_mm
self max: clamp_max
self mean std generator: log_normal normal_functional
self median sigma generator: cauchy
self memory_format: clone contiguous
self min: clamp_min
self min max: clamp clip
self min_val max_val: hardtanh
self n dim norm: fft_fft fft_ifft fft_irfft fft_rfft
self n dim prepend append: diff
self nan posinf neginf: nan_to_num
self negative_slope: leaky_relu
self noise lower upper training generator: rrelu_with_noise_functional
self non_blocking copy: to.prim_other
self num_classes: one_hot
self num_samples replacement generator: multinomial
self offset dim1 dim2: diagonal diagonal_copy
self ord dim keepdim dtype: linalg_norm linalg_vector_norm
self other: __and__ __iand__ __ior__ __ixor__ __lshift__ __or__ __rshift__ __xor__ atan2
  bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor copysign.Scalar
  copysign.Tensor div.Scalar div.Tensor eq.Scalar eq.Tensor expand_as floor_divide fmax fmin
  fmod.Scalar fmod.Tensor gcd ge.Scalar ge.Tensor gt.Scalar gt.Tensor hypot igamma igammac lcm
  ldexp.Tensor le.Scalar le.Tensor logaddexp logaddexp2 logical_and logical_and_ logical_or
  logical_xor lt.Scalar lt.Tensor matmul max.other maximum min.other minimum mul.Scalar mul.Tensor
  ne.Scalar ne.Tensor nextafter remainder.Scalar remainder.Scalar_Tensor remainder.Tensor
  reshape_as special_gammainc special_gammaincc special_xlog1py special_xlogy special_zeta
  true_divide type_as vdot view_as xlogy
self other alpha: add.Scalar add.Tensor rsub sub.Scalar sub.Tensor
self other dims_self dims_other: tensordot
self other non_blocking copy memory_format: to.other
self other rounding_mode: div.Scalar_mode div.Tensor_mode
self other rtol atol equal_nan: isclose
self output_size: _adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_avg_pool1d
  adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d
  adaptive_max_pool3d
self output_size align_corners scales: upsample_linear1d
self output_size align_corners scales_d scales_h scales_w: upsample_trilinear3d
self output_size align_corners scales_h scales_w: _upsample_bicubic2d_aa _upsample_bilinear2d_aa
  upsample_bicubic2d upsample_bilinear2d
self output_size kernel_size dilation padding stride: col2im
self output_size scales: upsample_nearest1d
self output_size scales_d scales_h scales_w: upsample_nearest3d
self output_size scales_h scales_w: upsample_nearest2d
self p: mvlgamma norm
self p dim keepdim: norm.ScalarOpt_dim
self p dim keepdim dtype: norm.ScalarOpt_dim_dtype
self p dtype: norm.ScalarOpt_dtype
self p generator: bernoulli.Tensor bernoulli.p geometric
self pad mode value: pad
self pad value: constant_pad_nd
self padding: reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d
  replication_pad2d replication_pad3d
self q dim keepdim interpolation: nanquantile quantile
self repeats: repeat
self repeats dim output_size: repeat_interleave
self return_inverse return_counts dim: unique_consecutive
self reverse: sort.Tensor sort.any sort.bool sort.float sort.int
self s dim norm: fft_fft2 fft_fftn fft_ifft2 fft_ifftn fft_irfft2 fft_irfftn fft_rfft2 fft_rfftn
self scale zero_point axis quant_min quant_max: fake_quantize_per_channel_affine
  fake_quantize_per_channel_affine_cachemask
self scale zero_point quant_min quant_max: fake_quantize_per_tensor_affine
  fake_quantize_per_tensor_affine_cachemask
self sections dim: tensor_split.sections
self shape: reshape
self shifts dims: roll
self size: _reshape_copy _unsafe_view broadcast_to view view_copy
self size dtype layout device pin_memory: new_empty new_ones new_zeros
self size fill_value dtype layout device pin_memory: new_full
self size implicit: expand expand_copy
self size stride: _reshape_alias
self size stride dtype layout device pin_memory: new_empty_strided
self size stride storage_offset: as_strided as_strided_copy
self sorted return_inverse: _unique
self sorted return_inverse return_counts: _unique2
self source destination: moveaxis movedim
self split_size dim: split.Tensor split.sizes split_copy unsafe_split
self split_sizes dim: split split_with_sizes split_with_sizes_copy unsafe_split_with_sizes
self src dim index: select_scatter
self src dim start end step: slice_scatter
self src non_blocking: copy
self src offset dim1 dim2: diagonal_scatter
self src size stride storage_offset: as_strided_scatter
self stable dim descending: argsort.stable sort.stable
self start_dim end_dim: flatten
self target margin reduction: hinge_embedding_loss
self target reduction: l1_loss mse_loss soft_margin_loss
self target reduction beta: smooth_l1_loss
self target reduction delta: huber_loss
self target reduction log_target: kl_div
self target weight pos_weight reduction: binary_cross_entropy_with_logits
self target weight reduction: binary_cross_entropy
self tensor: dot
self tensor1 tensor2 value: addcdiv addcmul
self tensor_indices_or_sections dim: tensor_split.tensor_indices_or_sections
self threshold value: threshold
self unbiased: std std_mean var var_mean
self upper: cholesky linalg_cholesky
self upper check_errors: linalg_cholesky_ex
self upscale_factor: pixel_shuffle
self value: fill
self values: heaviside
self vec: mv
self vec2: outer
self vec1 vec2 beta alpha: addr
self weight: _prelu_kernel prelu
self weights minlength: bincount
size dtype layout device pin_memory: ones rand randn zeros
size dtype layout device pin_memory memory_format: empty
size fill_value dtype layout device pin_memory: full
size generator dtype layout device pin_memory: rand.generator randn.generator
size min max: sym_constrain_range sym_constrain_range_for_size
size physical_layout dtype layout device pin_memory: empty_permuted
size stride dtype layout device pin_memory: empty_strided
sorted_sequence self out_int32 right side sorter: searchsorted
start end dtype layout device pin_memory: arange.start
start end step dtype layout device pin_memory: arange.start_step
start end steps base dtype layout device pin_memory: logspace
start end steps dtype layout device pin_memory: linspace
tensors: atleast_1d.Sequence atleast_2d.Sequence atleast_3d.Sequence column_stack dstack hstack
  row_stack vstack
tensors dim: cat concat concatenate stack
theta size align_corners: affine_grid_generator
weight indices offsets scale_grad_by_freq mode sparse per_sample_weights include_last_offset:
  embedding_bag
weight indices offsets scale_grad_by_freq mode sparse per_sample_weights include_last_offset
  padding_idx: _embedding_bag _embedding_bag_forward_only embedding_bag.padding_idx
weight indices padding_idx scale_grad_by_freq sparse: embedding
window_length dtype layout device pin_memory: bartlett_window blackman_window hamming_window
  hann_window kaiser_window
window_length periodic alpha beta dtype layout device pin_memory:
  hamming_window.periodic_alpha_beta
window_length periodic alpha dtype layout device pin_memory: hamming_window.periodic_alpha
window_length periodic beta dtype layout device pin_memory: kaiser_window.beta
window_length periodic dtype layout device pin_memory: bartlett_window.periodic
  blackman_window.periodic hamming_window.periodic hann_window.periodic kaiser_window.periodic
x: special_airy_ai special_scaled_modified_bessel_k0 special_scaled_modified_bessel_k1
  special_spherical_bessel_j0
x i: ldexp
x1 x2 dim eps: cosine_similarity
x1 x2 p compute_mode: _cdist_forward cdist
x1 x2 p eps keepdim: pairwise_distance
"""


def _parse(rows: str) -> dict[str, tuple[str, ...]]:
    """Operations by name; a row goes on where a line is indented."""
    found: dict[str, tuple[str, ...]] = {}
    for row in rows.strip().replace("\n  ", " ").splitlines():
        names, _, operations = row.partition(": ")
        found.update(dict.fromkeys(operations.split(), tuple(names.split())))
    return found


SIGNATURES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(_parse(_ROWS))
