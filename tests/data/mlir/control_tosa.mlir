module attributes {tfl.description = "made by hand", tfl.schema_version = 3 : i32} {
  func.func @main(%arg0: tensor<i32>, %arg1: tensor<1x4xf32>, %arg2: tensor<i1>) -> tensor<1x4xf32> attributes {tf.entry_function = {inputs = "count,data,flag", outputs = "result"}} {
    %0 = tosa.const_shape  {values = dense<[1, 4]> : tensor<2xindex>} : () -> !tosa.shape<2>
    %1 = "tosa.const"() <{values = dense<0.000000e+00> : tensor<1xf32>}> : () -> tensor<1xf32>
    %2 = "tosa.const"() <{values = dense<0.000000e+00> : tensor<4x1x1x4xf32>}> : () -> tensor<4x1x1x4xf32>
    %3 = tosa.const_shape  {values = dense<[1, 1, 1, 4]> : tensor<4xindex>} : () -> !tosa.shape<4>
    %4 = "tosa.const"() <{values = dense<1> : tensor<i32>}> : () -> tensor<i32>
    %5 = "tosa.const"() <{values = dense<5> : tensor<i32>}> : () -> tensor<i32>
    %6:2 = tosa.while_loop (%arg3 = %arg0, %arg4 = %arg1) : (tensor<i32>, tensor<1x4xf32>) -> (tensor<i32>, tensor<1x4xf32>) {
      %8 = tosa.greater %5, %arg3 : (tensor<i32>, tensor<i32>) -> tensor<i1>
      tosa.yield %8 : tensor<i1>
    } do {
    ^bb0(%arg3: tensor<i32>, %arg4: tensor<1x4xf32>):
      %8 = tosa.add %arg3, %4 : (tensor<i32>, tensor<i32>) -> tensor<i32>
      %9 = tosa.reshape %arg4, %3 : (tensor<1x4xf32>, !tosa.shape<4>) -> tensor<1x1x1x4xf32>
      %10 = tosa.conv2d %9, %2, %1, %1, %1 {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x1x1x4xf32>, tensor<4x1x1x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x1x4xf32>
      %11 = tosa.reshape %10, %0 : (tensor<1x1x1x4xf32>, !tosa.shape<2>) -> tensor<1x4xf32>
      tosa.yield %8, %11 : tensor<i32>, tensor<1x4xf32>
    }
    %7 = "tf.If"(%arg2, %6#1) <{else_branch = @else, is_stateless = false, then_branch = @then}> : (tensor<i1>, tensor<1x4xf32>) -> tensor<1x4xf32>
    return %7 : tensor<1x4xf32>
  }
  func.func private @then(%arg0: tensor<1x4xf32>) -> tensor<1x4xf32> {
    %0 = tosa.const_shape  {values = dense<[1, 4]> : tensor<2xindex>} : () -> !tosa.shape<2>
    %1 = "tosa.const"() <{values = dense<0.000000e+00> : tensor<1xf32>}> : () -> tensor<1xf32>
    %2 = "tosa.const"() <{values = dense<0.000000e+00> : tensor<4x1x1x4xf32>}> : () -> tensor<4x1x1x4xf32>
    %3 = tosa.const_shape  {values = dense<[1, 1, 1, 4]> : tensor<4xindex>} : () -> !tosa.shape<4>
    %4 = tosa.reshape %arg0, %3 : (tensor<1x4xf32>, !tosa.shape<4>) -> tensor<1x1x1x4xf32>
    %5 = tosa.conv2d %4, %2, %1, %1, %1 {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x1x1x4xf32>, tensor<4x1x1x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x1x4xf32>
    %6 = tosa.reshape %5, %0 : (tensor<1x1x1x4xf32>, !tosa.shape<2>) -> tensor<1x4xf32>
    return %6 : tensor<1x4xf32>
  }
  func.func private @else(%arg0: tensor<1x4xf32>) -> tensor<1x4xf32> {
    %0 = tosa.custom %arg0 {domain_name = "TFL", implementation_attrs = "", operator_name = "FlexErf"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
    return %0 : tensor<1x4xf32>
  }
}
