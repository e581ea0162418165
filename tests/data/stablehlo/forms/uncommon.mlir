module @wide attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<4x8xf32>, %arg1: tensor<f32>, %arg2: tensor<?x8xf32, #stablehlo.bounds<16, ?>>, %arg3: tensor<1x8x8x4xf32>, %arg4: tensor<3x3x4x8xf32>, %arg5: tensor<8xf32>, %arg6: tensor<4xi32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
    %c = stablehlo.constant dense<1> : tensor<2x2xi64>
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<1x4x4x4xf32>
    %c_0 = stablehlo.constant dense<[4, 8]> : tensor<2xi64>
    %c_1 = stablehlo.constant dense<[1, 8]> : tensor<2xi32>
    %c_2 = stablehlo.constant dense<1> : tensor<2xui64>
    %0 = stablehlo.composite "my.op" %arg0 {composite_attributes = {n = 1 : i64, v = array<i64: 1, 2>}, decomposition = @impl, version = 2 : i32} : (tensor<4x8xf32>) -> tensor<4x8xf32>
    %1 = "stablehlo.batch_norm_inference"(%0, %arg5, %arg5, %arg5, %arg5) <{epsilon = 1.000000e-03 : f32, feature_index = 1 : i64}> : (tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
    %2 = stablehlo.reduce_precision %1, format = e5m10 : tensor<4x8xf32>
    %3 = stablehlo.add %2, %2 : tensor<4x8xf32>
    %4 = stablehlo.convolution(%arg3, %arg4) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [2, 2], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1], reverse = [false, false]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision HIGHEST>]} : (tensor<1x8x8x4xf32>, tensor<3x3x4x8xf32>) -> tensor<1x4x4x8xf32>
    %5 = "stablehlo.dynamic_conv"(%arg3, %arg4, %c) <{batch_group_count = 1 : i64, dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>, feature_group_count = 1 : i64}> : (tensor<1x8x8x4xf32>, tensor<3x3x4x8xf32>, tensor<2x2xi64>) -> tensor<1x?x?x8xf32>
    %6 = stablehlo.sine %arg2 : tensor<?x8xf32, #stablehlo.bounds<16, ?>>
    %7 = "stablehlo.map"(%3, %3) <{dimensions = array<i64: 0, 1>}> ({
    ^bb0(%arg7: tensor<f32>, %arg8: tensor<f32>):
      %19 = stablehlo.multiply %arg7, %arg8 : tensor<f32>
      stablehlo.return %19 : tensor<f32>
    }) : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
    %8 = stablehlo.tuple %3, %7 : tuple<tensor<4x8xf32>, tensor<4x8xf32>>
    %9 = stablehlo.get_tuple_element %8[1] : (tuple<tensor<4x8xf32>, tensor<4x8xf32>>) -> tensor<4x8xf32>
    %10 = stablehlo.custom_call @foo(%9) {api_version = 2 : i32, backend_config = "abc", has_side_effect = true} : (tensor<4x8xf32>) -> tensor<4x8xf32>
    %11 = "stablehlo.select_and_scatter"(%arg3, %cst, %arg1) <{window_dimensions = array<i64: 1, 2, 2, 1>, window_strides = array<i64: 1, 2, 2, 1>}> ({
    ^bb0(%arg7: tensor<f32>, %arg8: tensor<f32>):
      %19 = stablehlo.compare GE, %arg7, %arg8, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %19 : tensor<i1>
    }, {
    ^bb0(%arg7: tensor<f32>, %arg8: tensor<f32>):
      %19 = stablehlo.add %arg7, %arg8 : tensor<f32>
      stablehlo.return %19 : tensor<f32>
    }) : (tensor<1x8x8x4xf32>, tensor<1x4x4x4xf32>, tensor<f32>) -> tensor<1x8x8x4xf32>
    %12 = stablehlo.dot_general %arg0, %arg0, contracting_dims = [1] x [1], precision = [DEFAULT, DEFAULT], algorithm = <lhs_precision_type = tf32, rhs_precision_type = tf32, accumulation_type = f32, lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 1, allow_imprecise_accumulation = false> : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x4xf32>
    %13 = stablehlo.exponential %arg0 {result_accuracy = #stablehlo.result_accuracy<ulps = 10, mode = #stablehlo.result_accuracy_mode<TOLERANCE>>} : tensor<4x8xf32>
    %14 = stablehlo.after_all  : !stablehlo.token
    %15 = "stablehlo.outfeed"(%arg0, %14) <{outfeed_config = "z"}> : (tensor<4x8xf32>, !stablehlo.token) -> !stablehlo.token
    %16 = stablehlo.rng %arg1, %arg1, %c_0, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<2xi64>) -> tensor<4x8xf32>
    %17 = "stablehlo.dynamic_gather"(%arg0, %arg6, %c_1) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, indices_are_sorted = false}> : (tensor<4x8xf32>, tensor<4xi32>, tensor<2xi32>) -> tensor<4x?xf32>
    %18 = stablehlo.einsum %arg0, %arg0, config = "ab,cb->ac" : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x4xf32>
    %c_3 = stablehlo.constant dense<[true, false, true, true]> : tensor<4xi1>
    %cst_4 = stablehlo.constant dense<(1.000000e+00,2.000000e+00)> : tensor<2xcomplex<f32>>
    return %10, %16 : tensor<4x8xf32>, tensor<4x8xf32>
  }
  func.func private @impl(%arg0: tensor<4x8xf32>) -> tensor<4x8xf32> {
    %0 = stablehlo.tanh %arg0 : tensor<4x8xf32>
    return %0 : tensor<4x8xf32>
  }
}
