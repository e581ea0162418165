module @jit_network attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<256x128xi8>, %arg1: tensor<128xf32>, %arg2: tensor<8x256xf32>, %arg3: tensor<8x64xf8E4M3FN>) -> (tensor<8x128xf32> {jax.result_info = "result[0]"}, tensor<8x8xf32> {jax.result_info = "result[1]"}) {
    %cst = stablehlo.constant dense<5.000000e-02> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<8x256xf32>
    %1 = stablehlo.divide %arg2, %0 : tensor<8x256xf32>
    %2 = call @round(%1) : (tensor<8x256xf32>) -> tensor<8x256xf32>
    %c = stablehlo.constant dense<-127> : tensor<i32>
    %c_0 = stablehlo.constant dense<127> : tensor<i32>
    %3 = call @clip(%2, %c, %c_0) : (tensor<8x256xf32>, tensor<i32>, tensor<i32>) -> tensor<8x256xf32>
    %4 = stablehlo.convert %3 : (tensor<8x256xf32>) -> tensor<8x256xi8>
    %5 = stablehlo.dot_general %4, %arg0, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<8x256xi8>, tensor<256x128xi8>) -> tensor<8x128xi32>
    %6 = stablehlo.dot_general %arg3, %arg3, contracting_dims = [1] x [1], precision = [DEFAULT, DEFAULT] : (tensor<8x64xf8E4M3FN>, tensor<8x64xf8E4M3FN>) -> tensor<8x8xf32>
    %7 = stablehlo.convert %5 : (tensor<8x128xi32>) -> tensor<8x128xf32>
    %8 = stablehlo.broadcast_in_dim %arg1, dims = [1] : (tensor<128xf32>) -> tensor<1x128xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1] : (tensor<1x128xf32>) -> tensor<8x128xf32>
    %10 = stablehlo.multiply %7, %9 : tensor<8x128xf32>
    return %10, %6 : tensor<8x128xf32>, tensor<8x8xf32>
  }
  func.func private @round(%arg0: tensor<8x256xf32>) -> tensor<8x256xf32> {
    %0 = stablehlo.round_nearest_even %arg0 : tensor<8x256xf32>
    return %0 : tensor<8x256xf32>
  }
  func.func private @clip(%arg0: tensor<8x256xf32>, %arg1: tensor<i32>, %arg2: tensor<i32>) -> tensor<8x256xf32> {
    %0 = stablehlo.convert %arg1 : (tensor<i32>) -> tensor<f32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<8x256xf32>
    %2 = stablehlo.maximum %1, %arg0 : tensor<8x256xf32>
    %3 = stablehlo.convert %arg2 : (tensor<i32>) -> tensor<f32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<8x256xf32>
    %5 = stablehlo.minimum %4, %2 : tensor<8x256xf32>
    return %5 : tensor<8x256xf32>
  }
}
