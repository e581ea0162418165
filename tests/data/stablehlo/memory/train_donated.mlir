module @jit_train attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<512x512xf32> {tf.aliasing_output = 0 : i32}, %arg1: tensor<512x512xf32> {tf.aliasing_output = 1 : i32}, %arg2: tensor<512x512xf32> {tf.aliasing_output = 2 : i32}, %arg3: tensor<256x512xf32>) -> (tensor<512x512xf32> {jax.result_info = "result[0]"}, tensor<512x512xf32> {jax.result_info = "result[1]"}, tensor<512x512xf32> {jax.result_info = "result[2]"}) {
    %0 = stablehlo.dot_general %arg3, %arg0, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<256x512xf32>, tensor<512x512xf32>) -> tensor<256x512xf32>
    %1 = stablehlo.tanh %0 : tensor<256x512xf32>
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<256x512xf32>
    %3 = stablehlo.subtract %2, %1 : tensor<256x512xf32>
    %4 = stablehlo.dot_general %1, %arg1, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<256x512xf32>, tensor<512x512xf32>) -> tensor<256x512xf32>
    %5 = stablehlo.tanh %4 : tensor<256x512xf32>
    %cst_0 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %6 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<256x512xf32>
    %7 = stablehlo.subtract %6, %5 : tensor<256x512xf32>
    %8 = stablehlo.dot_general %5, %arg2, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<256x512xf32>, tensor<512x512xf32>) -> tensor<256x512xf32>
    %9 = stablehlo.tanh %8 : tensor<256x512xf32>
    %cst_1 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %10 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<256x512xf32>
    %11 = stablehlo.subtract %10, %9 : tensor<256x512xf32>
    %cst_2 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %cst_3 = stablehlo.constant dense<1.310720e+05> : tensor<f32>
    %12 = stablehlo.divide %cst_2, %cst_3 : tensor<f32>
    %13 = stablehlo.broadcast_in_dim %12, dims = [] : (tensor<f32>) -> tensor<256x512xf32>
    %14 = stablehlo.multiply %9, %13 : tensor<256x512xf32>
    %15 = stablehlo.multiply %13, %9 : tensor<256x512xf32>
    %16 = stablehlo.add %14, %15 : tensor<256x512xf32>
    %17 = stablehlo.multiply %16, %11 : tensor<256x512xf32>
    %18 = stablehlo.multiply %17, %9 : tensor<256x512xf32>
    %19 = stablehlo.add %17, %18 : tensor<256x512xf32>
    %20 = stablehlo.dot_general %19, %5, contracting_dims = [0] x [0], precision = [DEFAULT, DEFAULT] : (tensor<256x512xf32>, tensor<256x512xf32>) -> tensor<512x512xf32>
    %21 = stablehlo.transpose %20, dims = [1, 0] : (tensor<512x512xf32>) -> tensor<512x512xf32>
    %22 = stablehlo.dot_general %19, %arg2, contracting_dims = [1] x [1], precision = [DEFAULT, DEFAULT] : (tensor<256x512xf32>, tensor<512x512xf32>) -> tensor<256x512xf32>
    %23 = stablehlo.multiply %22, %7 : tensor<256x512xf32>
    %24 = stablehlo.multiply %23, %5 : tensor<256x512xf32>
    %25 = stablehlo.add %23, %24 : tensor<256x512xf32>
    %26 = stablehlo.dot_general %25, %1, contracting_dims = [0] x [0], precision = [DEFAULT, DEFAULT] : (tensor<256x512xf32>, tensor<256x512xf32>) -> tensor<512x512xf32>
    %27 = stablehlo.transpose %26, dims = [1, 0] : (tensor<512x512xf32>) -> tensor<512x512xf32>
    %28 = stablehlo.dot_general %25, %arg1, contracting_dims = [1] x [1], precision = [DEFAULT, DEFAULT] : (tensor<256x512xf32>, tensor<512x512xf32>) -> tensor<256x512xf32>
    %29 = stablehlo.multiply %28, %3 : tensor<256x512xf32>
    %30 = stablehlo.multiply %29, %1 : tensor<256x512xf32>
    %31 = stablehlo.add %29, %30 : tensor<256x512xf32>
    %32 = stablehlo.dot_general %31, %arg3, contracting_dims = [0] x [0], precision = [DEFAULT, DEFAULT] : (tensor<256x512xf32>, tensor<256x512xf32>) -> tensor<512x512xf32>
    %33 = stablehlo.transpose %32, dims = [1, 0] : (tensor<512x512xf32>) -> tensor<512x512xf32>
    %cst_4 = stablehlo.constant dense<1.000000e-01> : tensor<f32>
    %34 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<512x512xf32>
    %35 = stablehlo.multiply %34, %33 : tensor<512x512xf32>
    %36 = stablehlo.subtract %arg0, %35 : tensor<512x512xf32>
    %cst_5 = stablehlo.constant dense<1.000000e-01> : tensor<f32>
    %37 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<512x512xf32>
    %38 = stablehlo.multiply %37, %27 : tensor<512x512xf32>
    %39 = stablehlo.subtract %arg1, %38 : tensor<512x512xf32>
    %cst_6 = stablehlo.constant dense<1.000000e-01> : tensor<f32>
    %40 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<512x512xf32>
    %41 = stablehlo.multiply %40, %21 : tensor<512x512xf32>
    %42 = stablehlo.subtract %arg2, %41 : tensor<512x512xf32>
    return %36, %39, %42 : tensor<512x512xf32>, tensor<512x512xf32>, tensor<512x512xf32>
  }
}
