#map = affine_map<(d0, d1, d2) -> (d0, d1)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
#map4 = affine_map<(d0) -> (d0)>
#map5 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map6 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
#map7 = affine_map<(d0, d1, d2) -> (d1, d2)>
#map8 = affine_map<(d0, d1, d2, d3) -> (d0, 0, d2, d3)>
module {
  func.func @main(%arg0: tensor<1x16xi64>, %arg1: tensor<1x16xi64>) -> tensor<1x16x64xf32> {
    %c0_i64 = arith.constant 0 : i64
    %c32 = arith.constant 32 : index
    %c100 = arith.constant 100 : index
    %c2 = arith.constant 2 : index
    %cst = arith.constant 1.000000e+00 : f32
    %cst_0 = arith.constant 5.000000e-01 : f32
    %cst_1 = arith.constant dense_resource<torch_tensor_64_torch.float32_19> : tensor<64xf32>
    %cst_2 = arith.constant dense_resource<torch_tensor_64_torch.float32_18> : tensor<64xf32>
    %cst_3 = arith.constant dense_resource<torch_tensor_64_torch.float32_17> : tensor<64xf32>
    %cst_4 = arith.constant dense_resource<torch_tensor_64_128_torch.float32_1> : tensor<64x128xf32>
    %cst_5 = arith.constant dense_resource<torch_tensor_128_torch.float32_1> : tensor<128xf32>
    %cst_6 = arith.constant dense_resource<torch_tensor_128_64_torch.float32_1> : tensor<128x64xf32>
    %cst_7 = arith.constant dense_resource<torch_tensor_64_torch.float32_16> : tensor<64xf32>
    %cst_8 = arith.constant dense_resource<torch_tensor_64_torch.float32_15> : tensor<64xf32>
    %cst_9 = arith.constant dense_resource<torch_tensor_64_torch.float32_14> : tensor<64xf32>
    %cst_10 = arith.constant dense_resource<torch_tensor_64_64_torch.float32_7> : tensor<64x64xf32>
    %cst_11 = arith.constant dense_resource<torch_tensor_64_torch.float32_13> : tensor<64xf32>
    %cst_12 = arith.constant dense_resource<torch_tensor_64_64_torch.float32_6> : tensor<64x64xf32>
    %cst_13 = arith.constant dense_resource<torch_tensor_64_torch.float32_12> : tensor<64xf32>
    %cst_14 = arith.constant dense_resource<torch_tensor_64_64_torch.float32_5> : tensor<64x64xf32>
    %cst_15 = arith.constant dense_resource<torch_tensor_64_torch.float32_11> : tensor<64xf32>
    %cst_16 = arith.constant dense_resource<torch_tensor_64_64_torch.float32_4> : tensor<64x64xf32>
    %cst_17 = arith.constant dense_resource<torch_tensor_64_torch.float32_10> : tensor<64xf32>
    %cst_18 = arith.constant dense_resource<torch_tensor_64_torch.float32_9> : tensor<64xf32>
    %cst_19 = arith.constant dense_resource<torch_tensor_64_torch.float32_8> : tensor<64xf32>
    %cst_20 = arith.constant dense_resource<torch_tensor_64_128_torch.float32> : tensor<64x128xf32>
    %cst_21 = arith.constant dense_resource<torch_tensor_128_torch.float32> : tensor<128xf32>
    %cst_22 = arith.constant dense_resource<torch_tensor_128_64_torch.float32> : tensor<128x64xf32>
    %cst_23 = arith.constant dense_resource<torch_tensor_64_torch.float32_7> : tensor<64xf32>
    %cst_24 = arith.constant dense_resource<torch_tensor_64_torch.float32_6> : tensor<64xf32>
    %cst_25 = arith.constant dense_resource<torch_tensor_64_torch.float32_5> : tensor<64xf32>
    %cst_26 = arith.constant dense_resource<torch_tensor_64_64_torch.float32_3> : tensor<64x64xf32>
    %cst_27 = arith.constant dense_resource<torch_tensor_64_torch.float32_4> : tensor<64xf32>
    %cst_28 = arith.constant dense_resource<torch_tensor_64_64_torch.float32_2> : tensor<64x64xf32>
    %cst_29 = arith.constant dense_resource<torch_tensor_64_torch.float32_3> : tensor<64xf32>
    %cst_30 = arith.constant dense_resource<torch_tensor_64_64_torch.float32_1> : tensor<64x64xf32>
    %cst_31 = arith.constant dense_resource<torch_tensor_64_torch.float32_2> : tensor<64xf32>
    %cst_32 = arith.constant dense_resource<torch_tensor_64_64_torch.float32> : tensor<64x64xf32>
    %cst_33 = arith.constant 9.9999999999999998E-13 : f64
    %cst_34 = arith.constant dense_resource<torch_tensor_64_torch.float32_1> : tensor<64xf32>
    %cst_35 = arith.constant dense_resource<torch_tensor_64_torch.float32> : tensor<64xf32>
    %cst_36 = arith.constant dense_resource<torch_tensor_32_64_torch.float32> : tensor<32x64xf32>
    %cst_37 = arith.constant dense_resource<torch_tensor_2_64_torch.float32> : tensor<2x64xf32>
    %cst_38 = arith.constant dense_resource<torch_tensor_100_64_torch.float32> : tensor<100x64xf32>
    %cst_39 = arith.constant 6.400000e+01 : f32
    %cst_40 = arith.constant 1.41421354 : f32
    %cst_41 = arith.constant 0.000000e+00 : f32
    %cst_42 = arith.constant dense_resource<torch_tensor_1_32_torch.int64> : tensor<1x32xi64>
    %extracted_slice = tensor.extract_slice %cst_42[0, 0] [1, 16] [1, 1] : tensor<1x32xi64> to tensor<1x16xi64>
    %0 = tensor.empty() : tensor<1x16x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<1x16xi64>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: i64, %out: f32):
      %138 = arith.index_cast %in : i64 to index
      %139 = linalg.index 2 : index
      %140 = arith.cmpi slt, %138, %c100 : index
      cf.assert %140, "index must be smaller than dim size"
      %141 = arith.cmpi sge, %in, %c0_i64 : i64
      cf.assert %141, "index must be larger or equal to 0"
      %extracted = tensor.extract %cst_38[%138, %139] : tensor<100x64xf32>
      linalg.yield %extracted : f32
    } -> tensor<1x16x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<1x16xi64>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: i64, %out: f32):
      %138 = arith.index_cast %in : i64 to index
      %139 = linalg.index 2 : index
      %140 = arith.cmpi slt, %138, %c2 : index
      cf.assert %140, "index must be smaller than dim size"
      %141 = arith.cmpi sge, %in, %c0_i64 : i64
      cf.assert %141, "index must be larger or equal to 0"
      %extracted = tensor.extract %cst_37[%138, %139] : tensor<2x64xf32>
      linalg.yield %extracted : f32
    } -> tensor<1x16x64xf32>
    %3 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %2 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%extracted_slice : tensor<1x16xi64>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: i64, %out: f32):
      %138 = arith.index_cast %in : i64 to index
      %139 = linalg.index 2 : index
      %140 = arith.cmpi slt, %138, %c32 : index
      cf.assert %140, "index must be smaller than dim size"
      %141 = arith.cmpi sge, %in, %c0_i64 : i64
      cf.assert %141, "index must be larger or equal to 0"
      %extracted = tensor.extract %cst_36[%138, %139] : tensor<32x64xf32>
      linalg.yield %extracted : f32
    } -> tensor<1x16x64xf32>
    %5 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%3, %4 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %6 = tensor.empty() : tensor<1x16x1xf32>
    %7 = linalg.fill ins(%cst_41 : f32) outs(%6 : tensor<1x16x1xf32>) -> tensor<1x16x1xf32>
    %8 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%5 : tensor<1x16x64xf32>) outs(%7 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %9 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_39 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %collapsed = tensor.collapse_shape %9 [[0], [1, 2]] : tensor<1x16x1xf32> into tensor<1x16xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed : tensor<1x16xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x16x64xf32>
    %11 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5, %10 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.subf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %12 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11, %11 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.mulf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %13 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%12 : tensor<1x16x64xf32>) outs(%7 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %14 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_39 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %15 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.truncf %cst_33 : f64 to f32
      %139 = arith.addf %in, %138 : f32
      linalg.yield %139 : f32
    } -> tensor<1x16x1xf32>
    %16 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.rsqrt %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %collapsed_43 = tensor.collapse_shape %16 [[0], [1, 2]] : tensor<1x16x1xf32> into tensor<1x16xf32>
    %17 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed_43 : tensor<1x16xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x16x64xf32>
    %18 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11, %17 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.mulf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %19 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%18, %cst_35 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.mulf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %20 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%19, %cst_34 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %21 = tensor.empty() : tensor<16xi64>
    %22 = linalg.generic {indexing_maps = [#map4], iterator_types = ["parallel"]} outs(%21 : tensor<16xi64>) {
    ^bb0(%out: i64):
      %138 = linalg.index 0 : index
      %139 = arith.index_cast %138 : index to i64
      linalg.yield %139 : i64
    } -> tensor<16xi64>
    %expanded = tensor.expand_shape %22 [[0, 1, 2, 3]] output_shape [1, 1, 16, 1] : tensor<16xi64> into tensor<1x1x16x1xi64>
    %23 = tensor.empty() : tensor<1x1x16x1xi1>
    %24 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<1x1x16x1xi64>) outs(%23 : tensor<1x1x16x1xi1>) {
    ^bb0(%in: i64, %out: i1):
      %138 = arith.cmpi sge, %in, %c0_i64 : i64
      linalg.yield %138 : i1
    } -> tensor<1x1x16x1xi1>
    %25 = tensor.empty() : tensor<1x1x16x16xi1>
    %collapsed_44 = tensor.collapse_shape %24 [[0], [1], [2, 3]] : tensor<1x1x16x1xi1> into tensor<1x1x16xi1>
    %26 = linalg.generic {indexing_maps = [#map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%collapsed_44 : tensor<1x1x16xi1>) outs(%25 : tensor<1x1x16x16xi1>) {
    ^bb0(%in: i1, %out: i1):
      linalg.yield %in : i1
    } -> tensor<1x1x16x16xi1>
    %27 = tensor.empty() : tensor<64x64xf32>
    %transposed = linalg.transpose ins(%cst_32 : tensor<64x64xf32>) outs(%27 : tensor<64x64xf32>) permutation = [1, 0] 
    %28 = tensor.empty() : tensor<1x64x64xf32>
    %29 = linalg.generic {indexing_maps = [#map7, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%transposed : tensor<64x64xf32>) outs(%28 : tensor<1x64x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x64x64xf32>
    %30 = linalg.fill ins(%cst_41 : f32) outs(%0 : tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %31 = linalg.batch_matmul ins(%20, %29 : tensor<1x16x64xf32>, tensor<1x64x64xf32>) outs(%30 : tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %32 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%31, %cst_31 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %expanded_45 = tensor.expand_shape %32 [[0], [1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<1x16x64xf32> into tensor<1x16x4x16xf32>
    %33 = tensor.empty() : tensor<1x4x16x16xf32>
    %transposed_46 = linalg.transpose ins(%expanded_45 : tensor<1x16x4x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_47 = linalg.transpose ins(%cst_30 : tensor<64x64xf32>) outs(%27 : tensor<64x64xf32>) permutation = [1, 0] 
    %34 = linalg.generic {indexing_maps = [#map7, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%transposed_47 : tensor<64x64xf32>) outs(%28 : tensor<1x64x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x64x64xf32>
    %35 = linalg.batch_matmul ins(%20, %34 : tensor<1x16x64xf32>, tensor<1x64x64xf32>) outs(%30 : tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %36 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%35, %cst_29 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %expanded_48 = tensor.expand_shape %36 [[0], [1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<1x16x64xf32> into tensor<1x16x4x16xf32>
    %transposed_49 = linalg.transpose ins(%expanded_48 : tensor<1x16x4x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_50 = linalg.transpose ins(%cst_28 : tensor<64x64xf32>) outs(%27 : tensor<64x64xf32>) permutation = [1, 0] 
    %37 = linalg.generic {indexing_maps = [#map7, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%transposed_50 : tensor<64x64xf32>) outs(%28 : tensor<1x64x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x64x64xf32>
    %38 = linalg.batch_matmul ins(%20, %37 : tensor<1x16x64xf32>, tensor<1x64x64xf32>) outs(%30 : tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %39 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%38, %cst_27 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %expanded_51 = tensor.expand_shape %39 [[0], [1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<1x16x64xf32> into tensor<1x16x4x16xf32>
    %transposed_52 = linalg.transpose ins(%expanded_51 : tensor<1x16x4x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %40 = tensor.empty() : tensor<1x4x16x16xi1>
    %41 = linalg.generic {indexing_maps = [#map8, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%26 : tensor<1x1x16x16xi1>) outs(%40 : tensor<1x4x16x16xi1>) {
    ^bb0(%in: i1, %out: i1):
      linalg.yield %in : i1
    } -> tensor<1x4x16x16xi1>
    %collapsed_53 = tensor.collapse_shape %transposed_46 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_54 = tensor.collapse_shape %transposed_49 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_55 = tensor.collapse_shape %transposed_52 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_56 = tensor.collapse_shape %41 [[0, 1], [2], [3]] : tensor<1x4x16x16xi1> into tensor<4x16x16xi1>
    %42 = tensor.empty() : tensor<4x16x16xf32>
    %43 = linalg.fill ins(%cst_41 : f32) outs(%42 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %44 = tm_tensor.attention {scale = 2.500000e-01 : f64} ins(%collapsed_53, %collapsed_54, %collapsed_55, %collapsed_56 : tensor<4x16x16xf32>, tensor<4x16x16xf32>, tensor<4x16x16xf32>, tensor<4x16x16xi1>) outs(%43 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_57 = tensor.expand_shape %44 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %45 = tensor.empty() : tensor<1x16x4x16xf32>
    %transposed_58 = linalg.transpose ins(%expanded_57 : tensor<1x4x16x16xf32>) outs(%45 : tensor<1x16x4x16xf32>) permutation = [0, 2, 1, 3] 
    %collapsed_59 = tensor.collapse_shape %transposed_58 [[0], [1], [2, 3]] : tensor<1x16x4x16xf32> into tensor<1x16x64xf32>
    %transposed_60 = linalg.transpose ins(%cst_26 : tensor<64x64xf32>) outs(%27 : tensor<64x64xf32>) permutation = [1, 0] 
    %46 = linalg.generic {indexing_maps = [#map7, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%transposed_60 : tensor<64x64xf32>) outs(%28 : tensor<1x64x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x64x64xf32>
    %47 = linalg.batch_matmul ins(%collapsed_59, %46 : tensor<1x16x64xf32>, tensor<1x64x64xf32>) outs(%30 : tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %48 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%47, %cst_25 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %49 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%48, %20 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %50 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%49 : tensor<1x16x64xf32>) outs(%7 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %51 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%50 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_39 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %collapsed_61 = tensor.collapse_shape %51 [[0], [1, 2]] : tensor<1x16x1xf32> into tensor<1x16xf32>
    %52 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed_61 : tensor<1x16xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x16x64xf32>
    %53 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%49, %52 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.subf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %54 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%53, %53 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.mulf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %55 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%54 : tensor<1x16x64xf32>) outs(%7 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %56 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%55 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_39 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %57 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%56 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.truncf %cst_33 : f64 to f32
      %139 = arith.addf %in, %138 : f32
      linalg.yield %139 : f32
    } -> tensor<1x16x1xf32>
    %58 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%57 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.rsqrt %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %collapsed_62 = tensor.collapse_shape %58 [[0], [1, 2]] : tensor<1x16x1xf32> into tensor<1x16xf32>
    %59 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed_62 : tensor<1x16xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x16x64xf32>
    %60 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%53, %59 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.mulf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %61 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%60, %cst_24 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.mulf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %62 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%61, %cst_23 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %63 = tensor.empty() : tensor<64x128xf32>
    %transposed_63 = linalg.transpose ins(%cst_22 : tensor<128x64xf32>) outs(%63 : tensor<64x128xf32>) permutation = [1, 0] 
    %64 = tensor.empty() : tensor<1x64x128xf32>
    %65 = linalg.generic {indexing_maps = [#map7, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%transposed_63 : tensor<64x128xf32>) outs(%64 : tensor<1x64x128xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x64x128xf32>
    %66 = tensor.empty() : tensor<1x16x128xf32>
    %67 = linalg.fill ins(%cst_41 : f32) outs(%66 : tensor<1x16x128xf32>) -> tensor<1x16x128xf32>
    %68 = linalg.batch_matmul ins(%62, %65 : tensor<1x16x64xf32>, tensor<1x64x128xf32>) outs(%67 : tensor<1x16x128xf32>) -> tensor<1x16x128xf32>
    %69 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%68, %cst_21 : tensor<1x16x128xf32>, tensor<128xf32>) outs(%66 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x128xf32>
    %70 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%69 : tensor<1x16x128xf32>) outs(%66 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_40 : f32
      %139 = math.erf %138 : f32
      %140 = arith.addf %139, %cst : f32
      %141 = arith.mulf %140, %cst_0 : f32
      %142 = arith.mulf %in, %141 : f32
      linalg.yield %142 : f32
    } -> tensor<1x16x128xf32>
    %71 = tensor.empty() : tensor<128x64xf32>
    %transposed_64 = linalg.transpose ins(%cst_20 : tensor<64x128xf32>) outs(%71 : tensor<128x64xf32>) permutation = [1, 0] 
    %72 = tensor.empty() : tensor<1x128x64xf32>
    %73 = linalg.generic {indexing_maps = [#map7, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%transposed_64 : tensor<128x64xf32>) outs(%72 : tensor<1x128x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x128x64xf32>
    %74 = linalg.batch_matmul ins(%70, %73 : tensor<1x16x128xf32>, tensor<1x128x64xf32>) outs(%30 : tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %75 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%74, %cst_19 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %76 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%75, %62 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %77 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%76 : tensor<1x16x64xf32>) outs(%7 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %78 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%77 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_39 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %collapsed_65 = tensor.collapse_shape %78 [[0], [1, 2]] : tensor<1x16x1xf32> into tensor<1x16xf32>
    %79 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed_65 : tensor<1x16xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x16x64xf32>
    %80 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%76, %79 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.subf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %81 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%80, %80 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.mulf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %82 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%81 : tensor<1x16x64xf32>) outs(%7 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %83 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%82 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_39 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %84 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%83 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.truncf %cst_33 : f64 to f32
      %139 = arith.addf %in, %138 : f32
      linalg.yield %139 : f32
    } -> tensor<1x16x1xf32>
    %85 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%84 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.rsqrt %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %collapsed_66 = tensor.collapse_shape %85 [[0], [1, 2]] : tensor<1x16x1xf32> into tensor<1x16xf32>
    %86 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed_66 : tensor<1x16xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x16x64xf32>
    %87 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%80, %86 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.mulf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %88 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%87, %cst_18 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.mulf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %89 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%88, %cst_17 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %transposed_67 = linalg.transpose ins(%cst_16 : tensor<64x64xf32>) outs(%27 : tensor<64x64xf32>) permutation = [1, 0] 
    %90 = linalg.generic {indexing_maps = [#map7, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%transposed_67 : tensor<64x64xf32>) outs(%28 : tensor<1x64x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x64x64xf32>
    %91 = linalg.batch_matmul ins(%89, %90 : tensor<1x16x64xf32>, tensor<1x64x64xf32>) outs(%30 : tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %92 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%91, %cst_15 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %expanded_68 = tensor.expand_shape %92 [[0], [1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<1x16x64xf32> into tensor<1x16x4x16xf32>
    %transposed_69 = linalg.transpose ins(%expanded_68 : tensor<1x16x4x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_70 = linalg.transpose ins(%cst_14 : tensor<64x64xf32>) outs(%27 : tensor<64x64xf32>) permutation = [1, 0] 
    %93 = linalg.generic {indexing_maps = [#map7, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%transposed_70 : tensor<64x64xf32>) outs(%28 : tensor<1x64x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x64x64xf32>
    %94 = linalg.batch_matmul ins(%89, %93 : tensor<1x16x64xf32>, tensor<1x64x64xf32>) outs(%30 : tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %95 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%94, %cst_13 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %expanded_71 = tensor.expand_shape %95 [[0], [1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<1x16x64xf32> into tensor<1x16x4x16xf32>
    %transposed_72 = linalg.transpose ins(%expanded_71 : tensor<1x16x4x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_73 = linalg.transpose ins(%cst_12 : tensor<64x64xf32>) outs(%27 : tensor<64x64xf32>) permutation = [1, 0] 
    %96 = linalg.generic {indexing_maps = [#map7, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%transposed_73 : tensor<64x64xf32>) outs(%28 : tensor<1x64x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x64x64xf32>
    %97 = linalg.batch_matmul ins(%89, %96 : tensor<1x16x64xf32>, tensor<1x64x64xf32>) outs(%30 : tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %98 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%97, %cst_11 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %expanded_74 = tensor.expand_shape %98 [[0], [1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<1x16x64xf32> into tensor<1x16x4x16xf32>
    %transposed_75 = linalg.transpose ins(%expanded_74 : tensor<1x16x4x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %collapsed_76 = tensor.collapse_shape %transposed_69 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_77 = tensor.collapse_shape %transposed_72 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_78 = tensor.collapse_shape %transposed_75 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %99 = tm_tensor.attention {scale = 2.500000e-01 : f64} ins(%collapsed_76, %collapsed_77, %collapsed_78, %collapsed_56 : tensor<4x16x16xf32>, tensor<4x16x16xf32>, tensor<4x16x16xf32>, tensor<4x16x16xi1>) outs(%43 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_79 = tensor.expand_shape %99 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %transposed_80 = linalg.transpose ins(%expanded_79 : tensor<1x4x16x16xf32>) outs(%45 : tensor<1x16x4x16xf32>) permutation = [0, 2, 1, 3] 
    %collapsed_81 = tensor.collapse_shape %transposed_80 [[0], [1], [2, 3]] : tensor<1x16x4x16xf32> into tensor<1x16x64xf32>
    %transposed_82 = linalg.transpose ins(%cst_10 : tensor<64x64xf32>) outs(%27 : tensor<64x64xf32>) permutation = [1, 0] 
    %100 = linalg.generic {indexing_maps = [#map7, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%transposed_82 : tensor<64x64xf32>) outs(%28 : tensor<1x64x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x64x64xf32>
    %101 = linalg.batch_matmul ins(%collapsed_81, %100 : tensor<1x16x64xf32>, tensor<1x64x64xf32>) outs(%30 : tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %102 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%101, %cst_9 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %103 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%102, %89 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %104 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%103 : tensor<1x16x64xf32>) outs(%7 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %105 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%104 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_39 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %collapsed_83 = tensor.collapse_shape %105 [[0], [1, 2]] : tensor<1x16x1xf32> into tensor<1x16xf32>
    %106 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed_83 : tensor<1x16xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x16x64xf32>
    %107 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%103, %106 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.subf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %108 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%107, %107 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.mulf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %109 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%108 : tensor<1x16x64xf32>) outs(%7 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %110 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%109 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_39 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %111 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%110 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.truncf %cst_33 : f64 to f32
      %139 = arith.addf %in, %138 : f32
      linalg.yield %139 : f32
    } -> tensor<1x16x1xf32>
    %112 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%111 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.rsqrt %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %collapsed_84 = tensor.collapse_shape %112 [[0], [1, 2]] : tensor<1x16x1xf32> into tensor<1x16xf32>
    %113 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed_84 : tensor<1x16xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x16x64xf32>
    %114 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%107, %113 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.mulf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %115 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%114, %cst_8 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.mulf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %116 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%115, %cst_7 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %transposed_85 = linalg.transpose ins(%cst_6 : tensor<128x64xf32>) outs(%63 : tensor<64x128xf32>) permutation = [1, 0] 
    %117 = linalg.generic {indexing_maps = [#map7, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%transposed_85 : tensor<64x128xf32>) outs(%64 : tensor<1x64x128xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x64x128xf32>
    %118 = linalg.batch_matmul ins(%116, %117 : tensor<1x16x64xf32>, tensor<1x64x128xf32>) outs(%67 : tensor<1x16x128xf32>) -> tensor<1x16x128xf32>
    %119 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%118, %cst_5 : tensor<1x16x128xf32>, tensor<128xf32>) outs(%66 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x128xf32>
    %120 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%119 : tensor<1x16x128xf32>) outs(%66 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_40 : f32
      %139 = math.erf %138 : f32
      %140 = arith.addf %139, %cst : f32
      %141 = arith.mulf %140, %cst_0 : f32
      %142 = arith.mulf %in, %141 : f32
      linalg.yield %142 : f32
    } -> tensor<1x16x128xf32>
    %transposed_86 = linalg.transpose ins(%cst_4 : tensor<64x128xf32>) outs(%71 : tensor<128x64xf32>) permutation = [1, 0] 
    %121 = linalg.generic {indexing_maps = [#map7, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%transposed_86 : tensor<128x64xf32>) outs(%72 : tensor<1x128x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x128x64xf32>
    %122 = linalg.batch_matmul ins(%120, %121 : tensor<1x16x128xf32>, tensor<1x128x64xf32>) outs(%30 : tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %123 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%122, %cst_3 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %124 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%123, %116 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %125 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%124 : tensor<1x16x64xf32>) outs(%7 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %126 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%125 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_39 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %collapsed_87 = tensor.collapse_shape %126 [[0], [1, 2]] : tensor<1x16x1xf32> into tensor<1x16xf32>
    %127 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed_87 : tensor<1x16xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x16x64xf32>
    %128 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%124, %127 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.subf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %129 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%128, %128 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.mulf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %130 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%129 : tensor<1x16x64xf32>) outs(%7 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %131 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%130 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_39 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %132 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%131 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.truncf %cst_33 : f64 to f32
      %139 = arith.addf %in, %138 : f32
      linalg.yield %139 : f32
    } -> tensor<1x16x1xf32>
    %133 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%132 : tensor<1x16x1xf32>) outs(%6 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.rsqrt %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %collapsed_88 = tensor.collapse_shape %133 [[0], [1, 2]] : tensor<1x16x1xf32> into tensor<1x16xf32>
    %134 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed_88 : tensor<1x16xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x16x64xf32>
    %135 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%128, %134 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.mulf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %136 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%135, %cst_2 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.mulf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %137 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%136, %cst_1 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_89: f32, %out: f32):
      %138 = arith.addf %in, %in_89 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    return %137 : tensor<1x16x64xf32>
  }
}
