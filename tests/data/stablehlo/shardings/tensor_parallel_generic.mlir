"builtin.module"() <{sym_name = "jit_network"}> ({
  "sdy.mesh"() <{mesh = #sdy.mesh<["x"=8]>, sym_name = "mesh"}> {stablehlo.mesh = {axes = [{name = "x", size = 8 : i64}]}} : () -> ()
  "func.func"() <{arg_attrs = [{sdy.sharding = #sdy.sharding<@mesh, [{}, {"x"}]>}, {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}]>}, {sdy.sharding = #sdy.sharding<@mesh, [{}, {"x"}]>}, {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}]>}, {sdy.sharding = #sdy.sharding<@mesh, [{}, {}]>}], function_type = (tensor<512x2048xf32>, tensor<2048x512xf32>, tensor<512x2048xf32>, tensor<2048x512xf32>, tensor<64x512xf32>) -> tensor<64x512xf32>, res_attrs = [{jax.result_info = "result", sdy.sharding = #sdy.sharding<@mesh, [{}, {}]>}], sym_name = "main", sym_visibility = "public"}> ({
  ^bb0(%arg1: tensor<512x2048xf32>, %arg2: tensor<2048x512xf32>, %arg3: tensor<512x2048xf32>, %arg4: tensor<2048x512xf32>, %arg5: tensor<64x512xf32>):
    %3 = "stablehlo.dot_general"(%arg5, %arg1) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]}> : (tensor<64x512xf32>, tensor<512x2048xf32>) -> tensor<64x2048xf32>
    %4 = "func.call"(%3) <{callee = @relu}> : (tensor<64x2048xf32>) -> tensor<64x2048xf32>
    %5 = "stablehlo.dot_general"(%4, %arg2) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]}> : (tensor<64x2048xf32>, tensor<2048x512xf32>) -> tensor<64x512xf32>
    %6 = "stablehlo.dot_general"(%5, %arg3) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]}> : (tensor<64x512xf32>, tensor<512x2048xf32>) -> tensor<64x2048xf32>
    %7 = "func.call"(%6) <{callee = @relu}> : (tensor<64x2048xf32>) -> tensor<64x2048xf32>
    %8 = "stablehlo.dot_general"(%7, %arg4) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]}> : (tensor<64x2048xf32>, tensor<2048x512xf32>) -> tensor<64x512xf32>
    "func.return"(%8) : (tensor<64x512xf32>) -> ()
  }) : () -> ()
  "func.func"() <{arg_attrs = [{}], function_type = (tensor<64x2048xf32>) -> tensor<64x2048xf32>, res_attrs = [{}], sym_name = "relu", sym_visibility = "private"}> ({
  ^bb0(%arg0: tensor<64x2048xf32>):
    %0 = "stablehlo.constant"() <{value = dense<0.000000e+00> : tensor<f32>}> : () -> tensor<f32>
    %1 = "stablehlo.broadcast_in_dim"(%0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<64x2048xf32>
    %2 = "stablehlo.maximum"(%arg0, %1) : (tensor<64x2048xf32>, tensor<64x2048xf32>) -> tensor<64x2048xf32>
    "func.return"(%2) : (tensor<64x2048xf32>) -> ()
  }) : () -> ()
}) {mhlo.num_partitions = 8 : i32, mhlo.num_replicas = 1 : i32} : () -> ()
