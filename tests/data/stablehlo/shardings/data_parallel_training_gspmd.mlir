module @jit_step attributes {mhlo.num_partitions = 8 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<512x2048xf32> {mhlo.sharding = "{replicated}", tf.aliasing_output = 0 : i32}, %arg1: tensor<2048x512xf32> {mhlo.sharding = "{replicated}", tf.aliasing_output = 1 : i32}, %arg2: tensor<512x2048xf32> {mhlo.sharding = "{replicated}", tf.aliasing_output = 2 : i32}, %arg3: tensor<2048x512xf32> {mhlo.sharding = "{replicated}", tf.aliasing_output = 3 : i32}, %arg4: tensor<64x512xf32> {mhlo.sharding = "{devices=[8,1]<=[8]}"}, %arg5: tensor<64x512xf32> {mhlo.sharding = "{devices=[8,1]<=[8]}"}) -> (tensor<512x2048xf32> {jax.result_info = "result[0][0][0]", mhlo.sharding = "{replicated}"}, tensor<2048x512xf32> {jax.result_info = "result[0][0][1]", mhlo.sharding = "{replicated}"}, tensor<512x2048xf32> {jax.result_info = "result[0][1][0]", mhlo.sharding = "{replicated}"}, tensor<2048x512xf32> {jax.result_info = "result[0][1][1]", mhlo.sharding = "{replicated}"}, tensor<f32> {jax.result_info = "result[1]", mhlo.sharding = "{replicated}"}) {
    %0 = stablehlo.dot_general %arg4, %arg0, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<64x512xf32>, tensor<512x2048xf32>) -> tensor<64x2048xf32>
    %1 = call @relu(%0) : (tensor<64x2048xf32>) -> tensor<64x2048xf32>
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<64x2048xf32>
    %3 = stablehlo.compare GT, %0, %2, FLOAT : (tensor<64x2048xf32>, tensor<64x2048xf32>) -> tensor<64x2048xi1>
    %4 = stablehlo.dot_general %1, %arg1, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<64x2048xf32>, tensor<2048x512xf32>) -> tensor<64x512xf32>
    %5 = stablehlo.dot_general %4, %arg2, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<64x512xf32>, tensor<512x2048xf32>) -> tensor<64x2048xf32>
    %6 = call @relu(%5) : (tensor<64x2048xf32>) -> tensor<64x2048xf32>
    %cst_0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<64x2048xf32>
    %8 = stablehlo.compare GT, %5, %7, FLOAT : (tensor<64x2048xf32>, tensor<64x2048xf32>) -> tensor<64x2048xi1>
    %9 = stablehlo.dot_general %6, %arg3, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<64x2048xf32>, tensor<2048x512xf32>) -> tensor<64x512xf32>
    %10 = stablehlo.subtract %9, %arg5 : tensor<64x512xf32>
    %11 = stablehlo.multiply %10, %10 : tensor<64x512xf32>
    %cst_1 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %12 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<64x512xf32>
    %13 = stablehlo.multiply %12, %10 : tensor<64x512xf32>
    %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %14 = stablehlo.reduce(%11 init: %cst_2) applies stablehlo.add across dimensions = [0, 1] : (tensor<64x512xf32>, tensor<f32>) -> tensor<f32>
    %cst_3 = stablehlo.constant dense<3.276800e+04> : tensor<f32>
    %15 = stablehlo.divide %14, %cst_3 : tensor<f32>
    %cst_4 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %cst_5 = stablehlo.constant dense<3.276800e+04> : tensor<f32>
    %16 = stablehlo.divide %cst_4, %cst_5 : tensor<f32>
    %17 = stablehlo.broadcast_in_dim %16, dims = [] : (tensor<f32>) -> tensor<64x512xf32>
    %18 = stablehlo.multiply %17, %13 : tensor<64x512xf32>
    %19 = stablehlo.dot_general %18, %6, contracting_dims = [0] x [0], precision = [DEFAULT, DEFAULT] : (tensor<64x512xf32>, tensor<64x2048xf32>) -> tensor<512x2048xf32>
    %20 = stablehlo.transpose %19, dims = [1, 0] : (tensor<512x2048xf32>) -> tensor<2048x512xf32>
    %21 = stablehlo.dot_general %18, %arg3, contracting_dims = [1] x [1], precision = [DEFAULT, DEFAULT] : (tensor<64x512xf32>, tensor<2048x512xf32>) -> tensor<64x2048xf32>
    %cst_6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %22 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<64x2048xf32>
    %23 = stablehlo.select %8, %21, %22 : tensor<64x2048xi1>, tensor<64x2048xf32>
    %24 = stablehlo.dot_general %23, %4, contracting_dims = [0] x [0], precision = [DEFAULT, DEFAULT] : (tensor<64x2048xf32>, tensor<64x512xf32>) -> tensor<2048x512xf32>
    %25 = stablehlo.transpose %24, dims = [1, 0] : (tensor<2048x512xf32>) -> tensor<512x2048xf32>
    %26 = stablehlo.dot_general %23, %arg2, contracting_dims = [1] x [1], precision = [DEFAULT, DEFAULT] : (tensor<64x2048xf32>, tensor<512x2048xf32>) -> tensor<64x512xf32>
    %27 = stablehlo.dot_general %26, %1, contracting_dims = [0] x [0], precision = [DEFAULT, DEFAULT] : (tensor<64x512xf32>, tensor<64x2048xf32>) -> tensor<512x2048xf32>
    %28 = stablehlo.transpose %27, dims = [1, 0] : (tensor<512x2048xf32>) -> tensor<2048x512xf32>
    %29 = stablehlo.dot_general %26, %arg1, contracting_dims = [1] x [1], precision = [DEFAULT, DEFAULT] : (tensor<64x512xf32>, tensor<2048x512xf32>) -> tensor<64x2048xf32>
    %cst_7 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %30 = stablehlo.broadcast_in_dim %cst_7, dims = [] : (tensor<f32>) -> tensor<64x2048xf32>
    %31 = stablehlo.select %3, %29, %30 : tensor<64x2048xi1>, tensor<64x2048xf32>
    %32 = stablehlo.dot_general %31, %arg4, contracting_dims = [0] x [0], precision = [DEFAULT, DEFAULT] : (tensor<64x2048xf32>, tensor<64x512xf32>) -> tensor<2048x512xf32>
    %33 = stablehlo.transpose %32, dims = [1, 0] : (tensor<2048x512xf32>) -> tensor<512x2048xf32>
    %cst_8 = stablehlo.constant dense<1.000000e-01> : tensor<f32>
    %34 = stablehlo.broadcast_in_dim %cst_8, dims = [] : (tensor<f32>) -> tensor<512x2048xf32>
    %35 = stablehlo.multiply %34, %33 : tensor<512x2048xf32>
    %36 = stablehlo.subtract %arg0, %35 : tensor<512x2048xf32>
    %cst_9 = stablehlo.constant dense<1.000000e-01> : tensor<f32>
    %37 = stablehlo.broadcast_in_dim %cst_9, dims = [] : (tensor<f32>) -> tensor<2048x512xf32>
    %38 = stablehlo.multiply %37, %28 : tensor<2048x512xf32>
    %39 = stablehlo.subtract %arg1, %38 : tensor<2048x512xf32>
    %cst_10 = stablehlo.constant dense<1.000000e-01> : tensor<f32>
    %40 = stablehlo.broadcast_in_dim %cst_10, dims = [] : (tensor<f32>) -> tensor<512x2048xf32>
    %41 = stablehlo.multiply %40, %25 : tensor<512x2048xf32>
    %42 = stablehlo.subtract %arg2, %41 : tensor<512x2048xf32>
    %cst_11 = stablehlo.constant dense<1.000000e-01> : tensor<f32>
    %43 = stablehlo.broadcast_in_dim %cst_11, dims = [] : (tensor<f32>) -> tensor<2048x512xf32>
    %44 = stablehlo.multiply %43, %20 : tensor<2048x512xf32>
    %45 = stablehlo.subtract %arg3, %44 : tensor<2048x512xf32>
    return %36, %39, %42, %45, %15 : tensor<512x2048xf32>, tensor<2048x512xf32>, tensor<512x2048xf32>, tensor<2048x512xf32>, tensor<f32>
  }
  func.func private @relu(%arg0: tensor<64x2048xf32>) -> tensor<64x2048xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<64x2048xf32>
    %1 = stablehlo.maximum %arg0, %0 : tensor<64x2048xf32>
    return %1 : tensor<64x2048xf32>
  }
}
