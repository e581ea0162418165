// TOSA before the specification's 1.0: shapes, paddings and zero points are attributes.
module {
  func.func @main(%image: tensor<1x13x21x3xf32>, %quantised: tensor<1x12x12x4xi8>) -> (tensor<1x5120xf32>, tensor<1x12x12x8xi8>, tensor<2x4xf32>) {
    %0 = "tosa.const"() {value = dense_resource<__elided__> : tensor<16x3x3x3xf32>} : () -> tensor<16x3x3x3xf32>
    %1 = "tosa.const"() {value = dense<0.0> : tensor<16xf32>} : () -> tensor<16xf32>
    %2 = "tosa.conv2d"(%image, %0, %1) {dilation = [1, 1], pad = [1, 1, 1, 1], stride = [1, 1]} : (tensor<1x13x21x3xf32>, tensor<16x3x3x3xf32>, tensor<16xf32>) -> tensor<1x13x21x16xf32>
    %3 = "tosa.clamp"(%2) {max_fp = 6.0 : f32, max_int = 6 : i64, min_fp = 0.0 : f32, min_int = 0 : i64} : (tensor<1x13x21x16xf32>) -> tensor<1x13x21x16xf32>
    %4 = "tosa.max_pool2d"(%3) {kernel = [2, 2], pad = [0, 1, 0, 1], stride = [2, 2]} : (tensor<1x13x21x16xf32>) -> tensor<1x7x11x16xf32>
    %5 = "tosa.avg_pool2d"(%4) {acc_type = f32, kernel = array<i64: 2, 2>, pad = array<i64: 0, 1, 0, 1>, stride = array<i64: 1, 1>} : (tensor<1x7x11x16xf32>) -> tensor<1x7x11x16xf32>
    %6 = "tosa.const"() {value = dense<[[0, 0], [0, 1], [1, 1], [0, 0]]> : tensor<4x2xi32>} : () -> tensor<4x2xi32>
    %7 = "tosa.pad"(%5, %6) : (tensor<1x7x11x16xf32>, tensor<4x2xi32>) -> tensor<1x8x13x16xf32>
    %8 = "tosa.slice"(%7) {size = [1, 8, 10, 16], start = [0, 0, 1, 0]} : (tensor<1x8x13x16xf32>) -> tensor<1x8x10x16xf32>
    %9 = "tosa.const"() {value = dense_resource<__elided__> : tensor<4x2x2x16xf32>} : () -> tensor<4x2x2x16xf32>
    %10 = "tosa.const"() {value = dense<0.0> : tensor<4xf32>} : () -> tensor<4xf32>
    %11 = "tosa.transpose_conv2d"(%8, %9, %10) {out_pad = [0, 0, 0, 0], out_shape = [1, 16, 20, 4], stride = [2, 2]} : (tensor<1x8x10x16xf32>, tensor<4x2x2x16xf32>, tensor<4xf32>) -> tensor<1x16x20x4xf32>
    %12 = "tosa.resize"(%11) {border = [0, 0], mode = "NEAREST_NEIGHBOR", offset = [0, 0], scale = [2, 1, 2, 1]} : (tensor<1x16x20x4xf32>) -> tensor<1x32x40x4xf32>
    %13 = "tosa.reduce_sum"(%12) {axis = 1 : i64} : (tensor<1x32x40x4xf32>) -> tensor<1x1x40x4xf32>
    %14 = "tosa.tile"(%13) {multiples = [1, 32, 1, 1]} : (tensor<1x1x40x4xf32>) -> tensor<1x32x40x4xf32>
    %15 = "tosa.mul"(%12, %14) {shift = 0 : i32} : (tensor<1x32x40x4xf32>, tensor<1x32x40x4xf32>) -> tensor<1x32x40x4xf32>
    %16 = "tosa.reshape"(%15) {new_shape = array<i64: 1, 5120>} : (tensor<1x32x40x4xf32>) -> tensor<1x5120xf32>
    %17 = "tosa.const"() {value = dense_resource<__elided__> : tensor<3x3x4x2xi8>} : () -> tensor<3x3x4x2xi8>
    %18 = "tosa.const"() {value = dense<0> : tensor<8xi32>} : () -> tensor<8xi32>
    %19 = "tosa.depthwise_conv2d"(%quantised, %17, %18) {dilation = [1, 1], pad = [1, 1, 1, 1], quantization_info = #tosa.conv_quant<input_zp = -128, weight_zp = 42>, stride = [1, 1]} : (tensor<1x12x12x4xi8>, tensor<3x3x4x2xi8>, tensor<8xi32>) -> tensor<1x12x12x8xi32>
    %20 = "tosa.rescale"(%19) {double_round = true, input_zp = 0 : i32, multiplier = [1073741824 : i32], output_zp = -128 : i32, per_channel = false, scale32 = true, shift = [38 : i32]} : (tensor<1x12x12x8xi32>) -> tensor<1x12x12x8xi8>
    %21 = "tosa.const"() {value = dense<1.0> : tensor<2x3xf32>} : () -> tensor<2x3xf32>
    %22 = "tosa.const"() {value = dense<2.0> : tensor<4x3xf32>} : () -> tensor<4x3xf32>
    %23 = "tosa.fully_connected"(%21, %22, %10) : (tensor<2x3xf32>, tensor<4x3xf32>, tensor<4xf32>) -> tensor<2x4xf32>
    %24 = "tosa.const"() {value = dense<[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]> : tensor<1x3x2xf32>} : () -> tensor<1x3x2xf32>
    %25 = "tosa.const"() {value = dense<[[0, 2, 1, 0]]> : tensor<1x4xi32>} : () -> tensor<1x4xi32>
    %26 = "tosa.gather"(%24, %25) : (tensor<1x3x2xf32>, tensor<1x4xi32>) -> tensor<1x4x2xf32>
    %27 = "tosa.const"() {value = dense<[0, 2, 1]> : tensor<3xi32>} : () -> tensor<3xi32>
    %28 = "tosa.transpose"(%26, %27) : (tensor<1x4x2xf32>, tensor<3xi32>) -> tensor<1x2x4xf32>
    %29 = "tosa.reshape"(%28) {new_shape = array<i64: 2, 4>} : (tensor<1x2x4xf32>) -> tensor<2x4xf32>
    %30 = "tosa.greater"(%23, %29) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xi1>
    %31 = "tosa.select"(%30, %23, %29) : (tensor<2x4xi1>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    return %16, %20, %31 : tensor<1x5120xf32>, tensor<1x12x12x8xi8>, tensor<2x4xf32>
  }
}
