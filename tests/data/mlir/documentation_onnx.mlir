module attributes {"onnx-mlir.symbol-postfix" = "digits"} {
  func.func @main_graph(%arg0: tensor<?x1x28x28xf32> {onnx.dim_params = "0:batch", onnx.name = "image"}) -> (tensor<?x10xf32> {onnx.dim_params = "0:batch", onnx.name = "scores"}) {
    %0 = onnx.Constant dense_resource<__elided__> : tensor<8x1x3x3xf32>
    %1 = onnx.Constant dense_resource<__elided__> : tensor<8xf32>
    %2 = "onnx.NoValue"() {value} : () -> none
    %3 = "onnx.Conv"(%arg0, %0, %1) {auto_pad = "NOTSET", dilations = [1, 1], group = 1 : si64, kernel_shape = [3, 3], onnx_node_name = "first", pads = [1, 1, 1, 1], strides = [1, 1]} : (tensor<?x1x28x28xf32>, tensor<8x1x3x3xf32>, tensor<8xf32>) -> tensor<?x8x28x28xf32>
    %4 = "onnx.Relu"(%3) {onnx_node_name = "rectify"} : (tensor<?x8x28x28xf32>) -> tensor<?x8x28x28xf32>
    %5 = "onnx.MaxPoolSingleOut"(%4) {auto_pad = "NOTSET", ceil_mode = 0 : si64, kernel_shape = [2, 2], pads = [0, 0, 0, 0], storage_order = 0 : si64, strides = [2, 2]} : (tensor<?x8x28x28xf32>) -> tensor<?x8x14x14xf32>
    %6 = onnx.Constant dense<[0, 0, 1, 1]> : tensor<4xi64>
    %7 = "onnx.ReduceMeanV13"(%5) {axes = [2, 3], keepdims = 0 : si64} : (tensor<?x8x14x14xf32>) -> tensor<?x8xf32>
    %8 = onnx.Constant dense_resource<__elided__> : tensor<8x10xf32>
    %9 = "onnx.Gemm"(%7, %8, %2) {alpha = 1.000000e+00 : f32, beta = 1.000000e+00 : f32, transA = 0 : si64, transB = 0 : si64} : (tensor<?x8xf32>, tensor<8x10xf32>, none) -> tensor<?x10xf32>
    %10 = "onnx.Cast"(%9) {saturate = 1 : si64, to = f16} : (tensor<?x10xf32>) -> tensor<?x10xf16>
    %11 = "onnx.Softmax"(%10) {axis = -1 : si64} : (tensor<?x10xf16>) -> tensor<?x10xf16>
    %12 = "onnx.Cast"(%11) {saturate = 1 : si64, to = f32} : (tensor<?x10xf16>) -> tensor<?x10xf32>
    %13 = onnx.Constant dense<true> : tensor<i1>
    %14 = "onnx.If"(%13) ({
      %15 = "onnx.Exp"(%12) : (tensor<?x10xf32>) -> tensor<?x10xf32>
      onnx.Yield %15 : tensor<?x10xf32>
    }, {
      onnx.Yield %12 : tensor<?x10xf32>
    }) : (tensor<i1>) -> tensor<?x10xf32>
    %16 = "onnx.Custom"(%14) {domain_name = "com.microsoft", function_name = "QuickGelu"} : (tensor<?x10xf32>) -> tensor<?x10xf32>
    onnx.Return %16 : tensor<?x10xf32>
  }
  "onnx.EntryPoint"() {func = @main_graph} : () -> ()
}
