module @jit__fun attributes {mhlo.num_partitions = 8 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<8x32x64xf32> {mhlo.sharding = "{devices=[8,1,1]<=[8]}"}) -> (tensor<8x32x32xf32> {jax.result_info = "result", mhlo.sharding = "{devices=[8,1,1]<=[8]}"}) {
    %0 = stablehlo.custom_call @Sharding(%arg0) {backend_config = "", mhlo.sharding = "{devices=[8,1,1]<=[8]}"} : (tensor<8x32x64xf32>) -> tensor<8x32x64xf32>
    %1 = stablehlo.custom_call @SPMDFullToShardShape(%0) {backend_config = "", mhlo.sharding = "{manual}"} : (tensor<8x32x64xf32>) -> tensor<1x32x64xf32>
    %2 = call @shmap_body(%1) : (tensor<1x32x64xf32>) -> tensor<1x32x32xf32>
    %3 = stablehlo.custom_call @Sharding(%2) {backend_config = "", mhlo.sharding = "{manual}"} : (tensor<1x32x32xf32>) -> tensor<1x32x32xf32>
    %4 = stablehlo.custom_call @SPMDShardToFullShape(%3) {backend_config = "", mhlo.sharding = "{devices=[8,1,1]<=[8]}"} : (tensor<1x32x32xf32>) -> tensor<8x32x32xf32>
    return %4 : tensor<8x32x32xf32>
  }
  func.func private @shmap_body(%arg0: tensor<1x32x64xf32>) -> (tensor<1x32x32xf32> {jax.result_info = "[('i',), None, None]"}) {
    %0 = stablehlo.reshape %arg0 : (tensor<1x32x64xf32>) -> tensor<32x64xf32>
    %1 = stablehlo.transpose %0, dims = [1, 0] : (tensor<32x64xf32>) -> tensor<64x32xf32>
    %2 = stablehlo.dot_general %0, %1, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<32x64xf32>, tensor<64x32xf32>) -> tensor<32x32xf32>
    %3 = "stablehlo.all_reduce"(%2) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, replica_groups = dense<[[0, 1, 2, 3, 4, 5, 6, 7]]> : tensor<1x8xi64>, use_global_device_ids}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %7 = stablehlo.add %arg1, %arg2 : tensor<f32>
      stablehlo.return %7 : tensor<f32>
    }) : (tensor<32x32xf32>) -> tensor<32x32xf32>
    %cst = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<32x32xf32>
    %5 = stablehlo.divide %3, %4 : tensor<32x32xf32>
    %6 = stablehlo.broadcast_in_dim %5, dims = [1, 2] : (tensor<32x32xf32>) -> tensor<1x32x32xf32>
    return %6 : tensor<1x32x32xf32>
  }
}
