// Named operations, accumulation into what a destination holds, and control flow of scf.
#left = affine_map<(b, m, n, k) -> (b, m, k)>
#lhs = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
#rhs = affine_map<(d0, d1, d2, d3) -> (d0, d2, d3)>
#sum = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
module {
  ml_program.global private @weight(dense_resource<__elided__> : tensor<16x32xf32>) : tensor<16x32xf32>
  func.func private @scale(%x: tensor<8x32xf32>) -> tensor<8x32xf32> {
    %half = arith.constant 5.000000e-01 : f32
    %room = tensor.empty() : tensor<8x32xf32>
    %halves = linalg.fill ins(%half : f32) outs(%room : tensor<8x32xf32>) -> tensor<8x32xf32>
    %0 = linalg.elementwise <mul> ins(%x, %halves : tensor<8x32xf32>, tensor<8x32xf32>) outs(%room : tensor<8x32xf32>) -> tensor<8x32xf32>
    return %0 : tensor<8x32xf32>
  }
  func.func @main(%x: tensor<8x16xf32>, %bias: tensor<8x32xf32>, %image: tensor<2x10x10x4xf32>, %kernel: tensor<3x3x4x6xf32>, %flag: i1) -> (tensor<8x32xf32>, tensor<2x4x4x6xf32>, tensor<2x5x7xf32>) {
    %zero = arith.constant 0.000000e+00 : f32
    %weight = ml_program.global_load @weight : tensor<16x32xf32>
    %0 = linalg.matmul ins(%x, %weight : tensor<8x16xf32>, tensor<16x32xf32>) outs(%bias : tensor<8x32xf32>) -> tensor<8x32xf32>
    %1 = func.call @scale(%0) : (tensor<8x32xf32>) -> tensor<8x32xf32>
    %first = arith.constant 0 : index
    %last = arith.constant 10 : index
    %step = arith.constant 3 : index
    %2 = scf.for %i = %first to %last step %step iter_args(%carried = %1) -> (tensor<8x32xf32>) {
      %room = tensor.empty() : tensor<8x32xf32>
      %t = linalg.elementwise <tanh> ins(%carried : tensor<8x32xf32>) outs(%room : tensor<8x32xf32>) -> tensor<8x32xf32>
      scf.yield %t : tensor<8x32xf32>
    }
    %3 = scf.if %flag -> (tensor<8x32xf32>) {
      scf.yield %2 : tensor<8x32xf32>
    } else {
      %room = tensor.empty() : tensor<8x32xf32>
      %e = linalg.elementwise <exp> ins(%2 : tensor<8x32xf32>) outs(%room : tensor<8x32xf32>) -> tensor<8x32xf32>
      scf.yield %e : tensor<8x32xf32>
    }
    %4 = tensor.empty() : tensor<2x8x8x6xf32>
    %5 = linalg.fill ins(%zero : f32) outs(%4 : tensor<2x8x8x6xf32>) -> tensor<2x8x8x6xf32>
    %6 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%image, %kernel : tensor<2x10x10x4xf32>, tensor<3x3x4x6xf32>) outs(%5 : tensor<2x8x8x6xf32>) -> tensor<2x8x8x6xf32>
    %7 = tensor.empty() : tensor<2x2xf32>
    %8 = tensor.empty() : tensor<2x4x4x6xf32>
    %9 = linalg.fill ins(%zero : f32) outs(%8 : tensor<2x4x4x6xf32>) -> tensor<2x4x4x6xf32>
    %10 = linalg.pooling_nhwc_max {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%6, %7 : tensor<2x8x8x6xf32>, tensor<2x2xf32>) outs(%9 : tensor<2x4x4x6xf32>) -> tensor<2x4x4x6xf32>
    %11 = arith.constant dense_resource<__elided__> : tensor<2x5x9xf32>
    %12 = arith.constant dense_resource<__elided__> : tensor<2x7x9xf32>
    %13 = tensor.empty() : tensor<2x5x7xf32>
    %14 = linalg.fill ins(%zero : f32) outs(%13 : tensor<2x5x7xf32>) -> tensor<2x5x7xf32>
    %15 = linalg.generic {indexing_maps = [#lhs, #rhs, #sum], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%11, %12 : tensor<2x5x9xf32>, tensor<2x7x9xf32>) outs(%14 : tensor<2x5x7xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %p = arith.mulf %a, %b : f32
      %s = arith.addf %c, %p : f32
      linalg.yield %s : f32
    } -> tensor<2x5x7xf32>
    return %3, %10, %15 : tensor<8x32xf32>, tensor<2x4x4x6xf32>, tensor<2x5x7xf32>
  }
}
