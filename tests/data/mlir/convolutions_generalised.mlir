#map = affine_map<(d0, d1, d2, d3) -> (d1)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map2 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d4, d2 + d5, d3 + d6)>
#map3 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d1, d4, d5, d6)>
#map4 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>
#map5 = affine_map<(d0, d1, d2, d3) -> (d0, d1, 0, 0)>
#map6 = affine_map<(d0, d1, d2, d3) -> ()>
#map7 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2 * 2 + d4, d3 * 2 + d5)>
#map8 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5)>
#map9 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>
#map10 = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1, d5, d3 * 2 + d6, d4 * 2 + d7)>
#map11 = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d1, d2, d5, d6, d7)>
#map12 = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1, d2, d3, d4)>
#map13 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 + d4, d2 + d5)>
#map14 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d3, d4, d5)>
#map15 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1, d2)>
#map16 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2 * 14 + d4, d3 * 14 + d5)>
#map17 = affine_map<(d0, d1) -> (d1, d0)>
#map18 = affine_map<(d0, d1) -> (d0, d1)>
#map19 = affine_map<(d0, d1) -> ()>
#map20 = affine_map<(d0, d1, d2) -> (d0, d2)>
#map21 = affine_map<(d0, d1, d2) -> (d2, d1)>
#map22 = affine_map<(d0, d1, d2) -> (d0, d1)>
#map23 = affine_map<(d0, d1) -> (d1)>
#map24 = affine_map<(d0) -> ()>
#map25 = affine_map<(d0) -> (d0)>
#map26 = affine_map<(d0, d1) -> (d0)>
#map27 = affine_map<(d0, d1) -> (d0, 0)>
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
    %1 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_15 : tensor<8xf32>) outs(%0 : tensor<1x8x28x28xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x8x28x28xf32>
    %2 = linalg.generic {indexing_maps = [#map2, #map3, #map4], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%padded, %cst_14 : tensor<1x1x30x30xf32>, tensor<8x1x3x3xf32>) outs(%1 : tensor<1x8x28x28xf32>) attrs =  {linalg.memoized_indexing_maps = [#map2, #map3, #map4]} {
    ^bb0(%in: f32, %in_28: f32, %out: f32):
      %51 = arith.mulf %in, %in_28 : f32
      %52 = arith.addf %out, %51 : f32
      linalg.yield %52 : f32
    } -> tensor<1x8x28x28xf32>
    %expanded = tensor.expand_shape %cst_11 [[0, 1, 2, 3]] output_shape [1, 8, 1, 1] : tensor<8xf32> into tensor<1x8x1x1xf32>
    %expanded_17 = tensor.expand_shape %cst_10 [[0, 1, 2, 3]] output_shape [1, 8, 1, 1] : tensor<8xf32> into tensor<1x8x1x1xf32>
    %3 = tensor.empty() : tensor<1x8x1x1xf32>
    %4 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_17 : tensor<1x8x1x1xf32>) outs(%3 : tensor<1x8x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %51 = arith.truncf %cst_9 : f64 to f32
      %52 = arith.addf %in, %51 : f32
      linalg.yield %52 : f32
    } -> tensor<1x8x1x1xf32>
    %5 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%4 : tensor<1x8x1x1xf32>) outs(%3 : tensor<1x8x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %51 = math.rsqrt %in : f32
      linalg.yield %51 : f32
    } -> tensor<1x8x1x1xf32>
    %6 = linalg.generic {indexing_maps = [#map1, #map5, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%2, %expanded : tensor<1x8x28x28xf32>, tensor<1x8x1x1xf32>) outs(%0 : tensor<1x8x28x28xf32>) {
    ^bb0(%in: f32, %in_28: f32, %out: f32):
      %51 = arith.subf %in, %in_28 : f32
      linalg.yield %51 : f32
    } -> tensor<1x8x28x28xf32>
    %7 = linalg.generic {indexing_maps = [#map1, #map5, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%6, %5 : tensor<1x8x28x28xf32>, tensor<1x8x1x1xf32>) outs(%0 : tensor<1x8x28x28xf32>) {
    ^bb0(%in: f32, %in_28: f32, %out: f32):
      %51 = arith.mulf %in, %in_28 : f32
      linalg.yield %51 : f32
    } -> tensor<1x8x28x28xf32>
    %expanded_18 = tensor.expand_shape %cst_13 [[0, 1, 2, 3]] output_shape [1, 8, 1, 1] : tensor<8xf32> into tensor<1x8x1x1xf32>
    %8 = linalg.generic {indexing_maps = [#map1, #map5, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%7, %expanded_18 : tensor<1x8x28x28xf32>, tensor<1x8x1x1xf32>) outs(%0 : tensor<1x8x28x28xf32>) {
    ^bb0(%in: f32, %in_28: f32, %out: f32):
      %51 = arith.mulf %in, %in_28 : f32
      linalg.yield %51 : f32
    } -> tensor<1x8x28x28xf32>
    %expanded_19 = tensor.expand_shape %cst_12 [[0, 1, 2, 3]] output_shape [1, 8, 1, 1] : tensor<8xf32> into tensor<1x8x1x1xf32>
    %9 = linalg.generic {indexing_maps = [#map1, #map5, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%8, %expanded_19 : tensor<1x8x28x28xf32>, tensor<1x8x1x1xf32>) outs(%0 : tensor<1x8x28x28xf32>) {
    ^bb0(%in: f32, %in_28: f32, %out: f32):
      %51 = arith.addf %in, %in_28 : f32
      linalg.yield %51 : f32
    } -> tensor<1x8x28x28xf32>
    %10 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%9 : tensor<1x8x28x28xf32>) outs(%0 : tensor<1x8x28x28xf32>) {
    ^bb0(%in: f32, %out: f32):
      %51 = arith.cmpf ugt, %in, %cst : f32
      %52 = arith.select %51, %in, %cst : f32
      linalg.yield %52 : f32
    } -> tensor<1x8x28x28xf32>
    %11 = tensor.empty() : tensor<1x8x14x14xf32>
    %12 = linalg.generic {indexing_maps = [#map6, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_0 : f32) outs(%11 : tensor<1x8x14x14xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x8x14x14xf32>
    %13 = tensor.empty() : tensor<2x2xf32>
    %14 = linalg.generic {indexing_maps = [#map7, #map8, #map9], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%10, %13 : tensor<1x8x28x28xf32>, tensor<2x2xf32>) outs(%12 : tensor<1x8x14x14xf32>) attrs =  {linalg.memoized_indexing_maps = [#map7, #map8, #map9]} {
    ^bb0(%in: f32, %in_28: f32, %out: f32):
      %51 = arith.maximumf %out, %in : f32
      linalg.yield %51 : f32
    } -> tensor<1x8x14x14xf32>
    %padded_20 = tensor.pad %14 low[0, 0, 1, 1] high[0, 0, 1, 1] {
    ^bb0(%arg1: index, %arg2: index, %arg3: index, %arg4: index):
      tensor.yield %cst : f32
    } : tensor<1x8x14x14xf32> to tensor<1x8x16x16xf32>
    %15 = tensor.empty() : tensor<1x16x7x7xf32>
    %16 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_7 : tensor<16xf32>) outs(%15 : tensor<1x16x7x7xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x16x7x7xf32>
    %expanded_21 = tensor.expand_shape %padded_20 [[0], [1, 2], [3], [4]] output_shape [1, 2, 4, 16, 16] : tensor<1x8x16x16xf32> into tensor<1x2x4x16x16xf32>
    %expanded_22 = tensor.expand_shape %cst_8 [[0, 1], [2], [3], [4]] output_shape [2, 8, 4, 3, 3] : tensor<16x4x3x3xf32> into tensor<2x8x4x3x3xf32>
    %expanded_23 = tensor.expand_shape %16 [[0], [1, 2], [3], [4]] output_shape [1, 2, 8, 7, 7] : tensor<1x16x7x7xf32> into tensor<1x2x8x7x7xf32>
    %17 = linalg.generic {indexing_maps = [#map10, #map11, #map12], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%expanded_21, %expanded_22 : tensor<1x2x4x16x16xf32>, tensor<2x8x4x3x3xf32>) outs(%expanded_23 : tensor<1x2x8x7x7xf32>) attrs =  {linalg.memoized_indexing_maps = [#map10, #map11, #map12]} {
    ^bb0(%in: f32, %in_28: f32, %out: f32):
      %51 = arith.mulf %in, %in_28 : f32
      %52 = arith.addf %out, %51 : f32
      linalg.yield %52 : f32
    } -> tensor<1x2x8x7x7xf32>
    %collapsed = tensor.collapse_shape %17 [[0], [1, 2], [3], [4]] : tensor<1x2x8x7x7xf32> into tensor<1x16x7x7xf32>
    %18 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%collapsed : tensor<1x16x7x7xf32>) outs(%15 : tensor<1x16x7x7xf32>) {
    ^bb0(%in: f32, %out: f32):
      %51 = arith.cmpf ugt, %in, %cst : f32
      %52 = arith.select %51, %in, %cst : f32
      linalg.yield %52 : f32
    } -> tensor<1x16x7x7xf32>
    %padded_24 = tensor.pad %18 low[0, 0, 1, 1] high[0, 0, 1, 1] {
    ^bb0(%arg1: index, %arg2: index, %arg3: index, %arg4: index):
      tensor.yield %cst : f32
    } : tensor<1x16x7x7xf32> to tensor<1x16x9x9xf32>
    %19 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_5 : tensor<16xf32>) outs(%15 : tensor<1x16x7x7xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x16x7x7xf32>
    %collapsed_25 = tensor.collapse_shape %cst_6 [[0, 1], [2], [3]] : tensor<16x1x3x3xf32> into tensor<16x3x3xf32>
    %20 = linalg.generic {indexing_maps = [#map13, #map14, #map15], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%padded_24, %collapsed_25 : tensor<1x16x9x9xf32>, tensor<16x3x3xf32>) outs(%19 : tensor<1x16x7x7xf32>) attrs =  {linalg.memoized_indexing_maps = [#map13, #map14, #map15]} {
    ^bb0(%in: f32, %in_28: f32, %out: f32):
      %51 = arith.mulf %in, %in_28 : f32
      %52 = arith.addf %out, %51 : f32
      linalg.yield %52 : f32
    } -> tensor<1x16x7x7xf32>
    %21 = tensor.empty() : tensor<4x16x2x2xf32>
    %22 = linalg.generic {indexing_maps = [#map6, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst : f32) outs(%21 : tensor<4x16x2x2xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<4x16x2x2xf32>
    %23 = linalg.generic {indexing_maps = [#map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%22 : tensor<4x16x2x2xf32>) {
    ^bb0(%out: f32):
      %51 = linalg.index 0 : index
      %52 = linalg.index 1 : index
      %53 = linalg.index 2 : index
      %54 = linalg.index 3 : index
      %55 = arith.subi %c1, %53 : index
      %56 = arith.subi %c1, %54 : index
      %extracted = tensor.extract %cst_4[%52, %51, %55, %56] : tensor<16x4x2x2xf32>
      linalg.yield %extracted : f32
    } -> tensor<4x16x2x2xf32>
    %24 = tensor.empty() : tensor<1x16x15x15xf32>
    %25 = linalg.generic {indexing_maps = [#map6, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst : f32) outs(%24 : tensor<1x16x15x15xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x16x15x15xf32>
    %inserted_slice = tensor.insert_slice %20 into %25[0, 0, 1, 1] [1, 16, 7, 7] [1, 1, 2, 2] : tensor<1x16x7x7xf32> into tensor<1x16x15x15xf32>
    %26 = tensor.empty() : tensor<1x4x14x14xf32>
    %27 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_3 : tensor<4xf32>) outs(%26 : tensor<1x4x14x14xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x4x14x14xf32>
    %28 = linalg.generic {indexing_maps = [#map2, #map3, #map4], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%inserted_slice, %23 : tensor<1x16x15x15xf32>, tensor<4x16x2x2xf32>) outs(%27 : tensor<1x4x14x14xf32>) attrs =  {linalg.memoized_indexing_maps = [#map2, #map3, #map4]} {
    ^bb0(%in: f32, %in_28: f32, %out: f32):
      %51 = arith.mulf %in, %in_28 : f32
      %52 = arith.addf %out, %51 : f32
      linalg.yield %52 : f32
    } -> tensor<1x4x14x14xf32>
    %29 = tensor.empty() : tensor<1x4x1x1xf32>
    %30 = linalg.generic {indexing_maps = [#map6, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst : f32) outs(%29 : tensor<1x4x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x4x1x1xf32>
    %31 = tensor.empty() : tensor<14x14xf32>
    %32 = linalg.generic {indexing_maps = [#map16, #map8, #map9], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%28, %31 : tensor<1x4x14x14xf32>, tensor<14x14xf32>) outs(%30 : tensor<1x4x1x1xf32>) attrs =  {linalg.memoized_indexing_maps = [#map16, #map8, #map9]} {
    ^bb0(%in: f32, %in_28: f32, %out: f32):
      %51 = arith.addf %out, %in : f32
      linalg.yield %51 : f32
    } -> tensor<1x4x1x1xf32>
    %33 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%32 : tensor<1x4x1x1xf32>) outs(%29 : tensor<1x4x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %51 = arith.divf %in, %cst_16 : f32
      linalg.yield %51 : f32
    } -> tensor<1x4x1x1xf32>
    %collapsed_26 = tensor.collapse_shape %33 [[0], [1, 2, 3]] : tensor<1x4x1x1xf32> into tensor<1x4xf32>
    %34 = tensor.empty() : tensor<4x10xf32>
    %35 = linalg.generic {indexing_maps = [#map17, #map18], iterator_types = ["parallel", "parallel"]} ins(%cst_2 : tensor<10x4xf32>) outs(%34 : tensor<4x10xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<4x10xf32>
    %36 = tensor.empty() : tensor<1x10xf32>
    %37 = linalg.generic {indexing_maps = [#map19, #map18], iterator_types = ["parallel", "parallel"]} ins(%cst : f32) outs(%36 : tensor<1x10xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x10xf32>
    %38 = linalg.generic {indexing_maps = [#map20, #map21, #map22], iterator_types = ["parallel", "parallel", "reduction"]} ins(%collapsed_26, %35 : tensor<1x4xf32>, tensor<4x10xf32>) outs(%37 : tensor<1x10xf32>) {
    ^bb0(%in: f32, %in_28: f32, %out: f32):
      %51 = arith.mulf %in, %in_28 : f32
      %52 = arith.addf %out, %51 : f32
      linalg.yield %52 : f32
    } -> tensor<1x10xf32>
    %39 = linalg.generic {indexing_maps = [#map18, #map23, #map18], iterator_types = ["parallel", "parallel"]} ins(%38, %cst_1 : tensor<1x10xf32>, tensor<10xf32>) outs(%36 : tensor<1x10xf32>) {
    ^bb0(%in: f32, %in_28: f32, %out: f32):
      %51 = arith.addf %in, %in_28 : f32
      linalg.yield %51 : f32
    } -> tensor<1x10xf32>
    %40 = tensor.empty() : tensor<1xi64>
    %41 = linalg.generic {indexing_maps = [#map24, #map25], iterator_types = ["parallel"]} ins(%c0_i64 : i64) outs(%40 : tensor<1xi64>) {
    ^bb0(%in: i64, %out: i64):
      linalg.yield %in : i64
    } -> tensor<1xi64>
    %42 = tensor.empty() : tensor<1xf32>
    %43 = linalg.generic {indexing_maps = [#map24, #map25], iterator_types = ["parallel"]} ins(%cst_0 : f32) outs(%42 : tensor<1xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1xf32>
    %44:2 = linalg.generic {indexing_maps = [#map18, #map26, #map26], iterator_types = ["parallel", "reduction"]} ins(%39 : tensor<1x10xf32>) outs(%43, %41 : tensor<1xf32>, tensor<1xi64>) {
    ^bb0(%in: f32, %out: f32, %out_28: i64):
      %51 = linalg.index 1 : index
      %52 = arith.index_cast %51 : index to i64
      %53 = arith.maximumf %in, %out : f32
      %54 = arith.cmpf ogt, %in, %out : f32
      %55 = arith.select %54, %52, %out_28 : i64
      linalg.yield %53, %55 : f32, i64
    } -> (tensor<1xf32>, tensor<1xi64>)
    %expanded_27 = tensor.expand_shape %44#0 [[0, 1]] output_shape [1, 1] : tensor<1xf32> into tensor<1x1xf32>
    %45 = linalg.generic {indexing_maps = [#map18, #map27, #map18], iterator_types = ["parallel", "parallel"]} ins(%39, %expanded_27 : tensor<1x10xf32>, tensor<1x1xf32>) outs(%36 : tensor<1x10xf32>) {
    ^bb0(%in: f32, %in_28: f32, %out: f32):
      %51 = arith.subf %in, %in_28 : f32
      linalg.yield %51 : f32
    } -> tensor<1x10xf32>
    %46 = linalg.generic {indexing_maps = [#map18, #map18], iterator_types = ["parallel", "parallel"]} ins(%45 : tensor<1x10xf32>) outs(%36 : tensor<1x10xf32>) {
    ^bb0(%in: f32, %out: f32):
      %51 = math.exp %in : f32
      linalg.yield %51 : f32
    } -> tensor<1x10xf32>
    %47 = tensor.empty() : tensor<1x1xf32>
    %48 = linalg.generic {indexing_maps = [#map19, #map18], iterator_types = ["parallel", "parallel"]} ins(%cst : f32) outs(%47 : tensor<1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x1xf32>
    %49 = linalg.generic {indexing_maps = [#map18, #map27], iterator_types = ["parallel", "reduction"]} ins(%46 : tensor<1x10xf32>) outs(%48 : tensor<1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %51 = arith.addf %in, %out : f32
      linalg.yield %51 : f32
    } -> tensor<1x1xf32>
    %50 = linalg.generic {indexing_maps = [#map18, #map27, #map18], iterator_types = ["parallel", "parallel"]} ins(%46, %49 : tensor<1x10xf32>, tensor<1x1xf32>) outs(%36 : tensor<1x10xf32>) {
    ^bb0(%in: f32, %in_28: f32, %out: f32):
      %51 = arith.divf %in, %in_28 : f32
      linalg.yield %51 : f32
    } -> tensor<1x10xf32>
    return %50 : tensor<1x10xf32>
  }
}
