"builtin.module"() <{sym_name = "jit__lambda"}> ({
  "sdy.mesh"() <{mesh = #sdy.mesh<["d"=4, "m"=2]>, sym_name = "mesh"}> {stablehlo.mesh = {axes = [{name = "d", size = 4 : i64}, {name = "m", size = 2 : i64}]}} : () -> ()
  "func.func"() <{arg_attrs = [{}, {}], function_type = (tensor<64x256xf32>, tensor<256x512xf32>) -> tensor<64x512xf32>, res_attrs = [{jax.result_info = "result"}], sym_name = "main", sym_visibility = "public"}> ({
  ^bb0(%arg0: tensor<64x256xf32>, %arg1: tensor<256x512xf32>):
    %0 = "sdy.manual_computation"(%arg0, %arg1) <{in_shardings = #sdy.sharding_per_value<[<@mesh, [{"d"}, {"m"}]>, <@mesh, [{"m"}, {}]>]>, manual_axes = #sdy<manual_axes{"d", "m"}>, out_shardings = #sdy.sharding_per_value<[<@mesh, [{"d"}, {}]>]>}> ({
    ^bb0(%arg2: tensor<16x128xf32>, %arg3: tensor<128x512xf32>):
      %1 = "stablehlo.dot_general"(%arg2, %arg3) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]}> : (tensor<16x128xf32>, tensor<128x512xf32>) -> tensor<16x512xf32>
      %2 = "stablehlo.all_reduce"(%1) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, replica_groups = dense<[[0, 1], [2, 3], [4, 5], [6, 7]]> : tensor<4x2xi64>, use_global_device_ids}> ({
      ^bb0(%arg4: tensor<f32>, %arg5: tensor<f32>):
        %3 = "stablehlo.add"(%arg4, %arg5) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%3) : (tensor<f32>) -> ()
      }) : (tensor<16x512xf32>) -> tensor<16x512xf32>
      "sdy.return"(%2) : (tensor<16x512xf32>) -> ()
    }) : (tensor<64x256xf32>, tensor<256x512xf32>) -> tensor<64x512xf32>
    "func.return"(%0) : (tensor<64x512xf32>) -> ()
  }) : () -> ()
}) {mhlo.num_partitions = 8 : i32, mhlo.num_replicas = 1 : i32} : () -> ()
