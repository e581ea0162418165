#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, 0, 0)>
#map2 = affine_map<(d0, d1) -> (d0, d1)>
#map3 = affine_map<(d0, d1) -> (d1)>
#map4 = affine_map<(d0, d1) -> (d0)>
#map5 = affine_map<(d0, d1) -> (d0, 0)>
module {
  func.func @main(%arg0: tensor<1x1x28x28xf32>) -> tensor<1x10xf32> {
    %cst = arith.constant 0.000000e+00 : f32
    %c0_i64 = arith.constant 0 : i64
    %cst_0 = arith.constant 0xFF800000 : f32
    %cst_1 = arith.constant dense_resource<torch_tensor_10_torch.float32> : tensor<10xf32>
    %cst_2 = arith.constant dense_resource<torch_tensor_10_4_torch.float32> : tensor<10x4xf32>
    %cst_3 = arith.constant dense_resource<torch_tensor_4_torch.float32> : tensor<4xf32>
    %cst_4 = arith.constant dense_resource<torch_tensor_16_4_2_2_torch.float32> : tensor<16x4x2x2xf32>
    %cst_5 = arith.constant dense_resource<torch_tensor_16_torch.float32_1> : tensor<16xf32>
    %cst_6 = arith.constant dense_resource<torch_tensor_16_1_3_3_torch.float32> : tensor<16x1x3x3xf32>
    %cst_7 = arith.constant dense_resource<torch_tensor_16_torch.float32> : tensor<16xf32>
    %cst_8 = arith.constant dense_resource<torch_tensor_16_4_3_3_torch.float32> : tensor<16x4x3x3xf32>
    %cst_9 = arith.constant 1.000000e-05 : f64
    %cst_10 = arith.constant dense_resource<torch_tensor_8_torch.float32_4> : tensor<8xf32>
    %cst_11 = arith.constant dense_resource<torch_tensor_8_torch.float32_3> : tensor<8xf32>
    %cst_12 = arith.constant dense_resource<torch_tensor_8_torch.float32_2> : tensor<8xf32>
    %cst_13 = arith.constant dense_resource<torch_tensor_8_torch.float32_1> : tensor<8xf32>
    %cst_14 = arith.constant dense_resource<torch_tensor_8_1_3_3_torch.float32> : tensor<8x1x3x3xf32>
    %cst_15 = arith.constant dense_resource<torch_tensor_8_torch.float32> : tensor<8xf32>
    %c1 = arith.constant 1 : index
    %cst_16 = arith.constant 1.960000e+02 : f32
    %padded = tensor.pad %arg0 low[0, 0, 1, 1] high[0, 0, 1, 1] {
    ^bb0(%arg1: index, %arg2: index, %arg3: index, %arg4: index):
      tensor.yield %cst : f32
    } : tensor<1x1x28x28xf32> to tensor<1x1x30x30xf32>
    %0 = tensor.empty() : tensor<1x8x28x28xf32>
    %broadcasted = linalg.broadcast ins(%cst_15 : tensor<8xf32>) outs(%0 : tensor<1x8x28x28xf32>) dimensions = [0, 2, 3] 
    %1 = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%padded, %cst_14 : tensor<1x1x30x30xf32>, tensor<8x1x3x3xf32>) outs(%broadcasted : tensor<1x8x28x28xf32>) -> tensor<1x8x28x28xf32>
    %expanded = tensor.expand_shape %cst_11 [[0, 1, 2, 3]] output_shape [1, 8, 1, 1] : tensor<8xf32> into tensor<1x8x1x1xf32>
    %expanded_17 = tensor.expand_shape %cst_10 [[0, 1, 2, 3]] output_shape [1, 8, 1, 1] : tensor<8xf32> into tensor<1x8x1x1xf32>
    %2 = tensor.empty() : tensor<1x8x1x1xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_17 : tensor<1x8x1x1xf32>) outs(%2 : tensor<1x8x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %46 = arith.truncf %cst_9 : f64 to f32
      %47 = arith.addf %in, %46 : f32
      linalg.yield %47 : f32
    } -> tensor<1x8x1x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%3 : tensor<1x8x1x1xf32>) outs(%2 : tensor<1x8x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %46 = math.rsqrt %in : f32
      linalg.yield %46 : f32
    } -> tensor<1x8x1x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%1, %expanded : tensor<1x8x28x28xf32>, tensor<1x8x1x1xf32>) outs(%0 : tensor<1x8x28x28xf32>) {
    ^bb0(%in: f32, %in_31: f32, %out: f32):
      %46 = arith.subf %in, %in_31 : f32
      linalg.yield %46 : f32
    } -> tensor<1x8x28x28xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%5, %4 : tensor<1x8x28x28xf32>, tensor<1x8x1x1xf32>) outs(%0 : tensor<1x8x28x28xf32>) {
    ^bb0(%in: f32, %in_31: f32, %out: f32):
      %46 = arith.mulf %in, %in_31 : f32
      linalg.yield %46 : f32
    } -> tensor<1x8x28x28xf32>
    %expanded_18 = tensor.expand_shape %cst_13 [[0, 1, 2, 3]] output_shape [1, 8, 1, 1] : tensor<8xf32> into tensor<1x8x1x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%6, %expanded_18 : tensor<1x8x28x28xf32>, tensor<1x8x1x1xf32>) outs(%0 : tensor<1x8x28x28xf32>) {
    ^bb0(%in: f32, %in_31: f32, %out: f32):
      %46 = arith.mulf %in, %in_31 : f32
      linalg.yield %46 : f32
    } -> tensor<1x8x28x28xf32>
    %expanded_19 = tensor.expand_shape %cst_12 [[0, 1, 2, 3]] output_shape [1, 8, 1, 1] : tensor<8xf32> into tensor<1x8x1x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%7, %expanded_19 : tensor<1x8x28x28xf32>, tensor<1x8x1x1xf32>) outs(%0 : tensor<1x8x28x28xf32>) {
    ^bb0(%in: f32, %in_31: f32, %out: f32):
      %46 = arith.addf %in, %in_31 : f32
      linalg.yield %46 : f32
    } -> tensor<1x8x28x28xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%8 : tensor<1x8x28x28xf32>) outs(%0 : tensor<1x8x28x28xf32>) {
    ^bb0(%in: f32, %out: f32):
      %46 = arith.cmpf ugt, %in, %cst : f32
      %47 = arith.select %46, %in, %cst : f32
      linalg.yield %47 : f32
    } -> tensor<1x8x28x28xf32>
    %10 = tensor.empty() : tensor<1x8x14x14xf32>
    %11 = linalg.fill ins(%cst_0 : f32) outs(%10 : tensor<1x8x14x14xf32>) -> tensor<1x8x14x14xf32>
    %12 = tensor.empty() : tensor<2x2xf32>
    %13 = linalg.pooling_nchw_max {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>} ins(%9, %12 : tensor<1x8x28x28xf32>, tensor<2x2xf32>) outs(%11 : tensor<1x8x14x14xf32>) -> tensor<1x8x14x14xf32>
    %padded_20 = tensor.pad %13 low[0, 0, 1, 1] high[0, 0, 1, 1] {
    ^bb0(%arg1: index, %arg2: index, %arg3: index, %arg4: index):
      tensor.yield %cst : f32
    } : tensor<1x8x14x14xf32> to tensor<1x8x16x16xf32>
    %14 = tensor.empty() : tensor<1x16x7x7xf32>
    %broadcasted_21 = linalg.broadcast ins(%cst_7 : tensor<16xf32>) outs(%14 : tensor<1x16x7x7xf32>) dimensions = [0, 2, 3] 
    %expanded_22 = tensor.expand_shape %padded_20 [[0], [1, 2], [3], [4]] output_shape [1, 2, 4, 16, 16] : tensor<1x8x16x16xf32> into tensor<1x2x4x16x16xf32>
    %expanded_23 = tensor.expand_shape %cst_8 [[0, 1], [2], [3], [4]] output_shape [2, 8, 4, 3, 3] : tensor<16x4x3x3xf32> into tensor<2x8x4x3x3xf32>
    %expanded_24 = tensor.expand_shape %broadcasted_21 [[0], [1, 2], [3], [4]] output_shape [1, 2, 8, 7, 7] : tensor<1x16x7x7xf32> into tensor<1x2x8x7x7xf32>
    %15 = linalg.conv_2d_ngchw_gfchw {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>} ins(%expanded_22, %expanded_23 : tensor<1x2x4x16x16xf32>, tensor<2x8x4x3x3xf32>) outs(%expanded_24 : tensor<1x2x8x7x7xf32>) -> tensor<1x2x8x7x7xf32>
    %collapsed = tensor.collapse_shape %15 [[0], [1, 2], [3], [4]] : tensor<1x2x8x7x7xf32> into tensor<1x16x7x7xf32>
    %16 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%collapsed : tensor<1x16x7x7xf32>) outs(%14 : tensor<1x16x7x7xf32>) {
    ^bb0(%in: f32, %out: f32):
      %46 = arith.cmpf ugt, %in, %cst : f32
      %47 = arith.select %46, %in, %cst : f32
      linalg.yield %47 : f32
    } -> tensor<1x16x7x7xf32>
    %padded_25 = tensor.pad %16 low[0, 0, 1, 1] high[0, 0, 1, 1] {
    ^bb0(%arg1: index, %arg2: index, %arg3: index, %arg4: index):
      tensor.yield %cst : f32
    } : tensor<1x16x7x7xf32> to tensor<1x16x9x9xf32>
    %broadcasted_26 = linalg.broadcast ins(%cst_5 : tensor<16xf32>) outs(%14 : tensor<1x16x7x7xf32>) dimensions = [0, 2, 3] 
    %collapsed_27 = tensor.collapse_shape %cst_6 [[0, 1], [2], [3]] : tensor<16x1x3x3xf32> into tensor<16x3x3xf32>
    %17 = linalg.depthwise_conv_2d_nchw_chw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%padded_25, %collapsed_27 : tensor<1x16x9x9xf32>, tensor<16x3x3xf32>) outs(%broadcasted_26 : tensor<1x16x7x7xf32>) -> tensor<1x16x7x7xf32>
    %18 = tensor.empty() : tensor<4x16x2x2xf32>
    %19 = linalg.fill ins(%cst : f32) outs(%18 : tensor<4x16x2x2xf32>) -> tensor<4x16x2x2xf32>
    %20 = linalg.generic {indexing_maps = [#map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%19 : tensor<4x16x2x2xf32>) {
    ^bb0(%out: f32):
      %46 = linalg.index 0 : index
      %47 = linalg.index 1 : index
      %48 = linalg.index 2 : index
      %49 = linalg.index 3 : index
      %50 = arith.subi %c1, %48 : index
      %51 = arith.subi %c1, %49 : index
      %extracted = tensor.extract %cst_4[%47, %46, %50, %51] : tensor<16x4x2x2xf32>
      linalg.yield %extracted : f32
    } -> tensor<4x16x2x2xf32>
    %21 = tensor.empty() : tensor<1x16x15x15xf32>
    %22 = linalg.fill ins(%cst : f32) outs(%21 : tensor<1x16x15x15xf32>) -> tensor<1x16x15x15xf32>
    %inserted_slice = tensor.insert_slice %17 into %22[0, 0, 1, 1] [1, 16, 7, 7] [1, 1, 2, 2] : tensor<1x16x7x7xf32> into tensor<1x16x15x15xf32>
    %23 = tensor.empty() : tensor<1x4x14x14xf32>
    %broadcasted_28 = linalg.broadcast ins(%cst_3 : tensor<4xf32>) outs(%23 : tensor<1x4x14x14xf32>) dimensions = [0, 2, 3] 
    %24 = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%inserted_slice, %20 : tensor<1x16x15x15xf32>, tensor<4x16x2x2xf32>) outs(%broadcasted_28 : tensor<1x4x14x14xf32>) -> tensor<1x4x14x14xf32>
    %25 = tensor.empty() : tensor<1x4x1x1xf32>
    %26 = linalg.fill ins(%cst : f32) outs(%25 : tensor<1x4x1x1xf32>) -> tensor<1x4x1x1xf32>
    %27 = tensor.empty() : tensor<14x14xf32>
    %28 = linalg.pooling_nchw_sum {dilations = dense<1> : vector<2xi64>, strides = dense<14> : vector<2xi64>} ins(%24, %27 : tensor<1x4x14x14xf32>, tensor<14x14xf32>) outs(%26 : tensor<1x4x1x1xf32>) -> tensor<1x4x1x1xf32>
    %29 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%28 : tensor<1x4x1x1xf32>) outs(%25 : tensor<1x4x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %46 = arith.divf %in, %cst_16 : f32
      linalg.yield %46 : f32
    } -> tensor<1x4x1x1xf32>
    %collapsed_29 = tensor.collapse_shape %29 [[0], [1, 2, 3]] : tensor<1x4x1x1xf32> into tensor<1x4xf32>
    %30 = tensor.empty() : tensor<4x10xf32>
    %transposed = linalg.transpose ins(%cst_2 : tensor<10x4xf32>) outs(%30 : tensor<4x10xf32>) permutation = [1, 0] 
    %31 = tensor.empty() : tensor<1x10xf32>
    %32 = linalg.fill ins(%cst : f32) outs(%31 : tensor<1x10xf32>) -> tensor<1x10xf32>
    %33 = linalg.matmul ins(%collapsed_29, %transposed : tensor<1x4xf32>, tensor<4x10xf32>) outs(%32 : tensor<1x10xf32>) -> tensor<1x10xf32>
    %34 = linalg.generic {indexing_maps = [#map2, #map3, #map2], iterator_types = ["parallel", "parallel"]} ins(%33, %cst_1 : tensor<1x10xf32>, tensor<10xf32>) outs(%31 : tensor<1x10xf32>) {
    ^bb0(%in: f32, %in_31: f32, %out: f32):
      %46 = arith.addf %in, %in_31 : f32
      linalg.yield %46 : f32
    } -> tensor<1x10xf32>
    %35 = tensor.empty() : tensor<1xi64>
    %36 = linalg.fill ins(%c0_i64 : i64) outs(%35 : tensor<1xi64>) -> tensor<1xi64>
    %37 = tensor.empty() : tensor<1xf32>
    %38 = linalg.fill ins(%cst_0 : f32) outs(%37 : tensor<1xf32>) -> tensor<1xf32>
    %39:2 = linalg.generic {indexing_maps = [#map2, #map4, #map4], iterator_types = ["parallel", "reduction"]} ins(%34 : tensor<1x10xf32>) outs(%38, %36 : tensor<1xf32>, tensor<1xi64>) {
    ^bb0(%in: f32, %out: f32, %out_31: i64):
      %46 = linalg.index 1 : index
      %47 = arith.index_cast %46 : index to i64
      %48 = arith.maximumf %in, %out : f32
      %49 = arith.cmpf ogt, %in, %out : f32
      %50 = arith.select %49, %47, %out_31 : i64
      linalg.yield %48, %50 : f32, i64
    } -> (tensor<1xf32>, tensor<1xi64>)
    %expanded_30 = tensor.expand_shape %39#0 [[0, 1]] output_shape [1, 1] : tensor<1xf32> into tensor<1x1xf32>
    %40 = linalg.generic {indexing_maps = [#map2, #map5, #map2], iterator_types = ["parallel", "parallel"]} ins(%34, %expanded_30 : tensor<1x10xf32>, tensor<1x1xf32>) outs(%31 : tensor<1x10xf32>) {
    ^bb0(%in: f32, %in_31: f32, %out: f32):
      %46 = arith.subf %in, %in_31 : f32
      linalg.yield %46 : f32
    } -> tensor<1x10xf32>
    %41 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel"]} ins(%40 : tensor<1x10xf32>) outs(%31 : tensor<1x10xf32>) {
    ^bb0(%in: f32, %out: f32):
      %46 = math.exp %in : f32
      linalg.yield %46 : f32
    } -> tensor<1x10xf32>
    %42 = tensor.empty() : tensor<1x1xf32>
    %43 = linalg.fill ins(%cst : f32) outs(%42 : tensor<1x1xf32>) -> tensor<1x1xf32>
    %44 = linalg.generic {indexing_maps = [#map2, #map5], iterator_types = ["parallel", "reduction"]} ins(%41 : tensor<1x10xf32>) outs(%43 : tensor<1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %46 = arith.addf %in, %out : f32
      linalg.yield %46 : f32
    } -> tensor<1x1xf32>
    %45 = linalg.generic {indexing_maps = [#map2, #map5, #map2], iterator_types = ["parallel", "parallel"]} ins(%41, %44 : tensor<1x10xf32>, tensor<1x1xf32>) outs(%31 : tensor<1x10xf32>) {
    ^bb0(%in: f32, %in_31: f32, %out: f32):
      %46 = arith.divf %in, %in_31 : f32
      linalg.yield %46 : f32
    } -> tensor<1x10xf32>
    return %45 : tensor<1x10xf32>
  }
}
