module @jit_rnn_grad attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<256x256xf32>, %arg1: tensor<16x64x256xf32>) -> (tensor<256x256xf32> {jax.result_info = "result"}) {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<64x256xf32>
    %cst_0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<16x64x256xf32>
    %cst_1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<16x64x256xf32>
    %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<16x64x256xf32>
    %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<16x64x256xf32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %5:8 = stablehlo.while(%iterArg = %arg1, %iterArg_9 = %arg0, %iterArg_10 = %c, %iterArg_11 = %0, %iterArg_12 = %1, %iterArg_13 = %2, %iterArg_14 = %3, %iterArg_15 = %4) : tensor<16x64x256xf32>, tensor<256x256xf32>, tensor<i32>, tensor<64x256xf32>, tensor<16x64x256xf32>, tensor<16x64x256xf32>, tensor<16x64x256xf32>, tensor<16x64x256xf32>
    cond {
      %c_16 = stablehlo.constant dense<16> : tensor<i32>
      %13 = stablehlo.compare LT, %iterArg_10, %c_16, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %13 : tensor<i1>
    } do {
      %13 = func.call @dynamic_index_in_dim(%iterArg, %iterArg_10) : (tensor<16x64x256xf32>, tensor<i32>) -> tensor<64x256xf32>
      %14:5 = func.call @closed_call(%iterArg_9, %iterArg_11, %13) : (tensor<256x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>) -> (tensor<64x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>)
      %15 = func.call @dynamic_update_index_in_dim(%iterArg_12, %14#1, %iterArg_10) : (tensor<16x64x256xf32>, tensor<64x256xf32>, tensor<i32>) -> tensor<16x64x256xf32>
      %16 = func.call @dynamic_update_index_in_dim(%iterArg_13, %14#2, %iterArg_10) : (tensor<16x64x256xf32>, tensor<64x256xf32>, tensor<i32>) -> tensor<16x64x256xf32>
      %17 = func.call @dynamic_update_index_in_dim(%iterArg_14, %14#3, %iterArg_10) : (tensor<16x64x256xf32>, tensor<64x256xf32>, tensor<i32>) -> tensor<16x64x256xf32>
      %18 = func.call @dynamic_update_index_in_dim(%iterArg_15, %14#4, %iterArg_10) : (tensor<16x64x256xf32>, tensor<64x256xf32>, tensor<i32>) -> tensor<16x64x256xf32>
      %c_16 = stablehlo.constant dense<1> : tensor<i32>
      %19 = stablehlo.add %iterArg_10, %c_16 : tensor<i32>
      stablehlo.return %iterArg, %iterArg_9, %19, %14#0, %15, %16, %17, %18 : tensor<16x64x256xf32>, tensor<256x256xf32>, tensor<i32>, tensor<64x256xf32>, tensor<16x64x256xf32>, tensor<16x64x256xf32>, tensor<16x64x256xf32>, tensor<16x64x256xf32>
    }
    %cst_4 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %6 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<16x64x256xf32>
    %7 = stablehlo.multiply %6, %5#4 : tensor<16x64x256xf32>
    %cst_5 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %8 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<16x64x256xf32>
    %9 = stablehlo.multiply %8, %7 : tensor<16x64x256xf32>
    %cst_6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %10 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<64x256xf32>
    %cst_7 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %11 = stablehlo.broadcast_in_dim %cst_7, dims = [] : (tensor<f32>) -> tensor<256x256xf32>
    %c_8 = stablehlo.constant dense<0> : tensor<i32>
    %12:8 = stablehlo.while(%iterArg = %9, %iterArg_9 = %5#5, %iterArg_10 = %5#6, %iterArg_11 = %5#7, %iterArg_12 = %arg0, %iterArg_13 = %c_8, %iterArg_14 = %11, %iterArg_15 = %10) : tensor<16x64x256xf32>, tensor<16x64x256xf32>, tensor<16x64x256xf32>, tensor<16x64x256xf32>, tensor<256x256xf32>, tensor<i32>, tensor<256x256xf32>, tensor<64x256xf32>
    cond {
      %c_16 = stablehlo.constant dense<16> : tensor<i32>
      %13 = stablehlo.compare LT, %iterArg_13, %c_16, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %13 : tensor<i1>
    } do {
      %c_16 = stablehlo.constant dense<16> : tensor<i32>
      %13 = stablehlo.subtract %c_16, %iterArg_13 : tensor<i32>
      %c_17 = stablehlo.constant dense<1> : tensor<i32>
      %14 = stablehlo.subtract %13, %c_17 : tensor<i32>
      %15 = func.call @dynamic_index_in_dim(%iterArg, %14) : (tensor<16x64x256xf32>, tensor<i32>) -> tensor<64x256xf32>
      %16 = func.call @dynamic_index_in_dim(%iterArg_9, %14) : (tensor<16x64x256xf32>, tensor<i32>) -> tensor<64x256xf32>
      %17 = func.call @dynamic_index_in_dim(%iterArg_10, %14) : (tensor<16x64x256xf32>, tensor<i32>) -> tensor<64x256xf32>
      %18 = func.call @dynamic_index_in_dim(%iterArg_11, %14) : (tensor<16x64x256xf32>, tensor<i32>) -> tensor<64x256xf32>
      %19:2 = func.call @closed_call_0(%iterArg_12, %iterArg_14, %iterArg_15, %15, %16, %17, %18) : (tensor<256x256xf32>, tensor<256x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>) -> (tensor<256x256xf32>, tensor<64x256xf32>)
      %c_18 = stablehlo.constant dense<1> : tensor<i32>
      %20 = stablehlo.add %iterArg_13, %c_18 : tensor<i32>
      stablehlo.return %iterArg, %iterArg_9, %iterArg_10, %iterArg_11, %iterArg_12, %20, %19#0, %19#1 : tensor<16x64x256xf32>, tensor<16x64x256xf32>, tensor<16x64x256xf32>, tensor<16x64x256xf32>, tensor<256x256xf32>, tensor<i32>, tensor<256x256xf32>, tensor<64x256xf32>
    }
    return %12#6 : tensor<256x256xf32>
  }
  func.func private @dynamic_index_in_dim(%arg0: tensor<16x64x256xf32>, %arg1: tensor<i32>) -> tensor<64x256xf32> {
    %c = stablehlo.constant dense<0> : tensor<i32>
    %c_0 = stablehlo.constant dense<0> : tensor<i32>
    %0 = stablehlo.dynamic_slice %arg0, %arg1, %c, %c_0, sizes = [1, 64, 256] : (tensor<16x64x256xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x64x256xf32>
    %1 = stablehlo.reshape %0 : (tensor<1x64x256xf32>) -> tensor<64x256xf32>
    return %1 : tensor<64x256xf32>
  }
  func.func private @closed_call(%arg0: tensor<256x256xf32>, %arg1: tensor<64x256xf32>, %arg2: tensor<64x256xf32>) -> (tensor<64x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>) {
    %0 = stablehlo.dot_general %arg1, %arg0, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<64x256xf32>, tensor<256x256xf32>) -> tensor<64x256xf32>
    %1 = stablehlo.add %0, %arg2 : tensor<64x256xf32>
    %2 = stablehlo.tanh %1 : tensor<64x256xf32>
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<64x256xf32>
    %4 = stablehlo.subtract %3, %2 : tensor<64x256xf32>
    return %2, %2, %arg1, %2, %4 : tensor<64x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>, tensor<64x256xf32>
  }
  func.func private @dynamic_update_index_in_dim(%arg0: tensor<16x64x256xf32>, %arg1: tensor<64x256xf32>, %arg2: tensor<i32>) -> tensor<16x64x256xf32> {
    %0 = stablehlo.broadcast_in_dim %arg1, dims = [1, 2] : (tensor<64x256xf32>) -> tensor<1x64x256xf32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %c_0 = stablehlo.constant dense<0> : tensor<i32>
    %1 = stablehlo.dynamic_update_slice %arg0, %0, %arg2, %c, %c_0 : (tensor<16x64x256xf32>, tensor<1x64x256xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<16x64x256xf32>
    return %1 : tensor<16x64x256xf32>
  }
  func.func private @closed_call_0(%arg0: tensor<256x256xf32>, %arg1: tensor<256x256xf32>, %arg2: tensor<64x256xf32>, %arg3: tensor<64x256xf32>, %arg4: tensor<64x256xf32>, %arg5: tensor<64x256xf32>, %arg6: tensor<64x256xf32>) -> (tensor<256x256xf32>, tensor<64x256xf32>) {
    %0 = stablehlo.add %arg2, %arg3 : tensor<64x256xf32>
    %1 = stablehlo.multiply %0, %arg6 : tensor<64x256xf32>
    %2 = stablehlo.multiply %1, %arg5 : tensor<64x256xf32>
    %3 = stablehlo.add %1, %2 : tensor<64x256xf32>
    %4 = stablehlo.dot_general %3, %arg4, contracting_dims = [0] x [0], precision = [DEFAULT, DEFAULT] : (tensor<64x256xf32>, tensor<64x256xf32>) -> tensor<256x256xf32>
    %5 = stablehlo.transpose %4, dims = [1, 0] : (tensor<256x256xf32>) -> tensor<256x256xf32>
    %6 = stablehlo.add %arg1, %5 : tensor<256x256xf32>
    %7 = stablehlo.dot_general %3, %arg0, contracting_dims = [1] x [1], precision = [DEFAULT, DEFAULT] : (tensor<64x256xf32>, tensor<256x256xf32>) -> tensor<64x256xf32>
    return %6, %7 : tensor<256x256xf32>, tensor<64x256xf32>
  }
}
