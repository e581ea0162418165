#map = affine_map<(d0, d1, d2) -> (d0, d1)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map2 = affine_map<(d0, d1, d2) -> (d0, 0, d2)>
#map3 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map4 = affine_map<(d0, d1, d2, d3) -> (d3)>
#map5 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map6 = affine_map<(d0, d1, d2, d3) -> (d0, 0, 0, 0)>
#map7 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map8 = affine_map<(d0, d1, d2) -> (d0, 0, 0)>
module attributes {tf_saved_model.semantics, tfl.description = "MLIR Converted.", tfl.metadata = {CONVERSION_METADATA = "\10\00\00\00\00\00\00\00\08\00\0E\00\08\00\04\00\08\00\00\00\10\00\00\00$\00\00\00\00\00\06\00\08\00\04\00\06\00\00\00\04\00\00\00\00\00\00\00\0C\00\18\00\14\00\10\00\0C\00\04\00\0C\00\00\00\12b\A7+z\B3\8B'\03\00\00\00\02\00\00\00\04\00\00\00\06\00\00\002.21.0\00\00", min_runtime_version = "2.9.0\00\00\00\00\00\00\00\00\00\00\00"}, tfl.schema_version = 3 : i32, tosa.target_env = #tosa.target_env<specification_version = "1.0", level = none, profiles = [pro_int, pro_fp], extensions = [dynamic, doubleround]>} {
  func.func @main(%arg0: tensor<1x16xi32> {tf_saved_model.index_path = ["input_ids"]}, %arg1: tensor<1x16xi32> {tf_saved_model.index_path = ["token_type_ids"]}) -> (tensor<1x16x64xf32> {tf_saved_model.index_path = ["output"]}) attributes {tf.entry_function = {inputs = "serving_default_input_ids:0,serving_default_token_type_ids:0", outputs = "StatefulPartitionedCall:0"}, tf_saved_model.exported_names = ["serving_default"]} {
    %cst = arith.constant 1.000000e+00 : f32
    %cst_0 = arith.constant -3.40282347E+38 : f32
    %c0 = arith.constant 0 : index
    %cst_1 = arith.constant 0.000000e+00 : f32
    %cst_2 = arith.constant dense_resource<__elided__> : tensor<1x1x64xf32>
    %cst_3 = arith.constant dense_resource<__elided__> : tensor<64x1x1x128xf32>
    %cst_4 = arith.constant dense_resource<__elided__> : tensor<128x1x1x64xf32>
    %cst_5 = arith.constant dense_resource<__elided__> : tensor<64x1x1x64xf32>
    %cst_6 = arith.constant dense<5.000000e-01> : tensor<1x1x1xf32>
    %cst_7 = arith.constant dense<1.000000e+00> : tensor<1x1x1xf32>
    %cst_8 = arith.constant dense<0.797884583> : tensor<1x1x1xf32>
    %cst_9 = arith.constant dense<4.471500e-02> : tensor<1x1x1xf32>
    %cst_10 = arith.constant dense<3.000000e+00> : tensor<1x1x1xf32>
    %cst_11 = arith.constant dense<2.500000e-01> : tensor<1x1x1x1xf32>
    %cst_12 = arith.constant dense<9.99999996E-13> : tensor<1x1x1xf32>
    %cst_13 = arith.constant dense<1.562500e-02> : tensor<1x1x1xf32>
    %cst_14 = arith.constant dense_resource<__elided__> : tensor<1x16x64xf32>
    %cst_15 = arith.constant dense_resource<__elided__> : tensor<1x2x64xf32>
    %cst_16 = arith.constant dense_resource<__elided__> : tensor<64xf32>
    %cst_17 = arith.constant dense_resource<__elided__> : tensor<128xf32>
    %cst_18 = arith.constant dense_resource<__elided__> : tensor<1x100x64xf32>
    %0 = tensor.empty() : tensor<1x16x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<1x16xi32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: i32, %out: f32):
      %266 = arith.index_cast %in : i32 to index
      %267 = linalg.index 2 : index
      %extracted = tensor.extract %cst_18[%c0, %266, %267] : tensor<1x100x64xf32>
      linalg.yield %extracted : f32
    } -> tensor<1x16x64xf32>
    %2 = tensor.empty() : tensor<1x16x64xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<1x16xi32>) outs(%2 : tensor<1x16x64xf32>) {
    ^bb0(%in: i32, %out: f32):
      %266 = arith.index_cast %in : i32 to index
      %267 = linalg.index 2 : index
      %extracted = tensor.extract %cst_15[%c0, %266, %267] : tensor<1x2x64xf32>
      linalg.yield %extracted : f32
    } -> tensor<1x16x64xf32>
    %4 = tensor.empty() : tensor<1x16x64xf32>
    %5 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %3 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%4 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %6 = tensor.empty() : tensor<1x16x64xf32>
    %7 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5, %cst_14 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%6 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %8 = tensor.empty() : tensor<1x16xf32>
    %9 = linalg.fill ins(%cst_1 : f32) outs(%8 : tensor<1x16xf32>) -> tensor<1x16xf32>
    %reduced = linalg.reduce ins(%7 : tensor<1x16x64xf32>) outs(%9 : tensor<1x16xf32>) dimensions = [2] 
      (%in: f32, %init: f32) {
        %266 = arith.addf %in, %init : f32
        linalg.yield %266 : f32
      }
    %expanded = tensor.expand_shape %reduced [[0], [1, 2]] output_shape [1, 16, 1] : tensor<1x16xf32> into tensor<1x16x1xf32>
    %10 = tensor.empty() : tensor<1x16x1xf32>
    %11 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded, %cst_13 : tensor<1x16x1xf32>, tensor<1x1x1xf32>) outs(%10 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %12 = tensor.empty() : tensor<1x16x64xf32>
    %13 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7, %11 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%12 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.subf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %14 = tensor.empty() : tensor<1x16x64xf32>
    %15 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13, %13 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%14 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %16 = tensor.empty() : tensor<1x16xf32>
    %17 = linalg.fill ins(%cst_1 : f32) outs(%16 : tensor<1x16xf32>) -> tensor<1x16xf32>
    %reduced_19 = linalg.reduce ins(%15 : tensor<1x16x64xf32>) outs(%17 : tensor<1x16xf32>) dimensions = [2] 
      (%in: f32, %init: f32) {
        %266 = arith.addf %in, %init : f32
        linalg.yield %266 : f32
      }
    %expanded_20 = tensor.expand_shape %reduced_19 [[0], [1, 2]] output_shape [1, 16, 1] : tensor<1x16xf32> into tensor<1x16x1xf32>
    %18 = tensor.empty() : tensor<1x16x1xf32>
    %19 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_20, %cst_13 : tensor<1x16x1xf32>, tensor<1x1x1xf32>) outs(%18 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %20 = tensor.empty() : tensor<1x16x1xf32>
    %21 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%19, %cst_12 : tensor<1x16x1xf32>, tensor<1x1x1xf32>) outs(%20 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %22 = tensor.empty() : tensor<1x16x1xf32>
    %23 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%21 : tensor<1x16x1xf32>) outs(%22 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %266 = math.rsqrt %in : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %24 = tensor.empty() : tensor<1x16x64xf32>
    %25 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7, %11 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%24 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.subf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %26 = tensor.empty() : tensor<1x16x64xf32>
    %27 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%25, %23 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%26 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %28 = tensor.empty() : tensor<1x16x64xf32>
    %29 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%27, %cst_2 : tensor<1x16x64xf32>, tensor<1x1x64xf32>) outs(%28 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %30 = tensor.empty() : tensor<1x16x64xf32>
    %31 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%29, %cst_2 : tensor<1x16x64xf32>, tensor<1x1x64xf32>) outs(%30 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %collapsed = tensor.collapse_shape %27 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %expanded_21 = tensor.expand_shape %collapsed [[0, 1, 2], [3]] output_shape [16, 1, 1, 64] : tensor<16x64xf32> into tensor<16x1x1x64xf32>
    %32 = tensor.empty() : tensor<1x1x64x64xf32>
    %transposed = linalg.transpose ins(%cst_5 : tensor<64x1x1x64xf32>) outs(%32 : tensor<1x1x64x64xf32>) permutation = [1, 2, 3, 0] 
    %33 = tensor.empty() : tensor<16x1x1x64xf32>
    %34 = linalg.generic {indexing_maps = [#map4, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_16 : tensor<64xf32>) outs(%33 : tensor<16x1x1x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<16x1x1x64xf32>
    %35 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%expanded_21, %transposed : tensor<16x1x1x64xf32>, tensor<1x1x64x64xf32>) outs(%34 : tensor<16x1x1x64xf32>) -> tensor<16x1x1x64xf32>
    %collapsed_22 = tensor.collapse_shape %35 [[0, 1, 2], [3]] : tensor<16x1x1x64xf32> into tensor<16x64xf32>
    %expanded_23 = tensor.expand_shape %collapsed_22 [[0, 1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<16x64xf32> into tensor<1x16x4x16xf32>
    %collapsed_24 = tensor.collapse_shape %27 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %expanded_25 = tensor.expand_shape %collapsed_24 [[0, 1, 2], [3]] output_shape [16, 1, 1, 64] : tensor<16x64xf32> into tensor<16x1x1x64xf32>
    %36 = tensor.empty() : tensor<1x1x64x64xf32>
    %transposed_26 = linalg.transpose ins(%cst_5 : tensor<64x1x1x64xf32>) outs(%36 : tensor<1x1x64x64xf32>) permutation = [1, 2, 3, 0] 
    %37 = tensor.empty() : tensor<16x1x1x64xf32>
    %38 = linalg.generic {indexing_maps = [#map4, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_16 : tensor<64xf32>) outs(%37 : tensor<16x1x1x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<16x1x1x64xf32>
    %39 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%expanded_25, %transposed_26 : tensor<16x1x1x64xf32>, tensor<1x1x64x64xf32>) outs(%38 : tensor<16x1x1x64xf32>) -> tensor<16x1x1x64xf32>
    %collapsed_27 = tensor.collapse_shape %39 [[0, 1, 2], [3]] : tensor<16x1x1x64xf32> into tensor<16x64xf32>
    %expanded_28 = tensor.expand_shape %collapsed_27 [[0, 1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<16x64xf32> into tensor<1x16x4x16xf32>
    %collapsed_29 = tensor.collapse_shape %27 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %expanded_30 = tensor.expand_shape %collapsed_29 [[0, 1, 2], [3]] output_shape [16, 1, 1, 64] : tensor<16x64xf32> into tensor<16x1x1x64xf32>
    %40 = tensor.empty() : tensor<1x1x64x64xf32>
    %transposed_31 = linalg.transpose ins(%cst_5 : tensor<64x1x1x64xf32>) outs(%40 : tensor<1x1x64x64xf32>) permutation = [1, 2, 3, 0] 
    %41 = tensor.empty() : tensor<16x1x1x64xf32>
    %42 = linalg.generic {indexing_maps = [#map4, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_16 : tensor<64xf32>) outs(%41 : tensor<16x1x1x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<16x1x1x64xf32>
    %43 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%expanded_30, %transposed_31 : tensor<16x1x1x64xf32>, tensor<1x1x64x64xf32>) outs(%42 : tensor<16x1x1x64xf32>) -> tensor<16x1x1x64xf32>
    %collapsed_32 = tensor.collapse_shape %43 [[0, 1, 2], [3]] : tensor<16x1x1x64xf32> into tensor<16x64xf32>
    %expanded_33 = tensor.expand_shape %collapsed_32 [[0, 1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<16x64xf32> into tensor<1x16x4x16xf32>
    %44 = tensor.empty() : tensor<1x4x16x16xf32>
    %transposed_34 = linalg.transpose ins(%expanded_23 : tensor<1x16x4x16xf32>) outs(%44 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %45 = tensor.empty() : tensor<1x4x16x16xf32>
    %transposed_35 = linalg.transpose ins(%expanded_28 : tensor<1x16x4x16xf32>) outs(%45 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %collapsed_36 = tensor.collapse_shape %transposed_34 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_37 = tensor.collapse_shape %transposed_35 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %46 = tensor.empty() : tensor<4x16x16xf32>
    %transposed_38 = linalg.transpose ins(%collapsed_37 : tensor<4x16x16xf32>) outs(%46 : tensor<4x16x16xf32>) permutation = [0, 2, 1] 
    %47 = tensor.empty() : tensor<4x16x16xf32>
    %48 = linalg.fill ins(%cst_1 : f32) outs(%47 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %49 = linalg.batch_matmul ins(%collapsed_36, %transposed_38 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%48 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_39 = tensor.expand_shape %49 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %50 = tensor.empty() : tensor<1x4x16x16xf32>
    %transposed_40 = linalg.transpose ins(%expanded_33 : tensor<1x16x4x16xf32>) outs(%50 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %51 = tensor.empty() : tensor<1x4x16x16xf32>
    %52 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_39, %cst_11 : tensor<1x4x16x16xf32>, tensor<1x1x1x1xf32>) outs(%51 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x4x16x16xf32>
    %53 = tensor.empty() : tensor<1x4x16xf32>
    %54 = linalg.fill ins(%cst_0 : f32) outs(%53 : tensor<1x4x16xf32>) -> tensor<1x4x16xf32>
    %reduced_41 = linalg.reduce ins(%52 : tensor<1x4x16x16xf32>) outs(%54 : tensor<1x4x16xf32>) dimensions = [3] 
      (%in: f32, %init: f32) {
        %266 = arith.maximumf %in, %init : f32
        linalg.yield %266 : f32
      }
    %expanded_42 = tensor.expand_shape %reduced_41 [[0], [1], [2, 3]] output_shape [1, 4, 16, 1] : tensor<1x4x16xf32> into tensor<1x4x16x1xf32>
    %55 = tensor.empty() : tensor<1x4x16x16xf32>
    %56 = linalg.generic {indexing_maps = [#map5, #map7, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%52, %expanded_42 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%55 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.subf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x4x16x16xf32>
    %57 = tensor.empty() : tensor<1x4x16x16xf32>
    %58 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%56 : tensor<1x4x16x16xf32>) outs(%57 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %266 = math.exp %in : f32
      linalg.yield %266 : f32
    } -> tensor<1x4x16x16xf32>
    %59 = tensor.empty() : tensor<1x4x16xf32>
    %60 = linalg.fill ins(%cst_1 : f32) outs(%59 : tensor<1x4x16xf32>) -> tensor<1x4x16xf32>
    %reduced_43 = linalg.reduce ins(%58 : tensor<1x4x16x16xf32>) outs(%60 : tensor<1x4x16xf32>) dimensions = [3] 
      (%in: f32, %init: f32) {
        %266 = arith.addf %in, %init : f32
        linalg.yield %266 : f32
      }
    %expanded_44 = tensor.expand_shape %reduced_43 [[0], [1], [2, 3]] output_shape [1, 4, 16, 1] : tensor<1x4x16xf32> into tensor<1x4x16x1xf32>
    %61 = tensor.empty() : tensor<1x4x16x1xf32>
    %62 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_44 : tensor<1x4x16x1xf32>) outs(%61 : tensor<1x4x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %266 = arith.divf %cst, %in : f32
      linalg.yield %266 : f32
    } -> tensor<1x4x16x1xf32>
    %63 = tensor.empty() : tensor<1x4x16x16xf32>
    %64 = linalg.generic {indexing_maps = [#map5, #map7, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%58, %62 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%63 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x4x16x16xf32>
    %collapsed_45 = tensor.collapse_shape %64 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_46 = tensor.collapse_shape %transposed_40 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %65 = tensor.empty() : tensor<4x16x16xf32>
    %66 = linalg.fill ins(%cst_1 : f32) outs(%65 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %67 = linalg.batch_matmul ins(%collapsed_45, %collapsed_46 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%66 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_47 = tensor.expand_shape %67 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %68 = tensor.empty() : tensor<1x16x4x16xf32>
    %transposed_48 = linalg.transpose ins(%expanded_47 : tensor<1x4x16x16xf32>) outs(%68 : tensor<1x16x4x16xf32>) permutation = [0, 2, 1, 3] 
    %collapsed_49 = tensor.collapse_shape %transposed_48 [[0, 1], [2, 3]] : tensor<1x16x4x16xf32> into tensor<16x64xf32>
    %expanded_50 = tensor.expand_shape %collapsed_49 [[0, 1, 2], [3]] output_shape [16, 1, 1, 64] : tensor<16x64xf32> into tensor<16x1x1x64xf32>
    %69 = tensor.empty() : tensor<1x1x64x64xf32>
    %transposed_51 = linalg.transpose ins(%cst_5 : tensor<64x1x1x64xf32>) outs(%69 : tensor<1x1x64x64xf32>) permutation = [1, 2, 3, 0] 
    %70 = tensor.empty() : tensor<16x1x1x64xf32>
    %71 = linalg.generic {indexing_maps = [#map4, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_16 : tensor<64xf32>) outs(%70 : tensor<16x1x1x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<16x1x1x64xf32>
    %72 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%expanded_50, %transposed_51 : tensor<16x1x1x64xf32>, tensor<1x1x64x64xf32>) outs(%71 : tensor<16x1x1x64xf32>) -> tensor<16x1x1x64xf32>
    %collapsed_52 = tensor.collapse_shape %72 [[0, 1, 2], [3]] : tensor<16x1x1x64xf32> into tensor<16x64xf32>
    %expanded_53 = tensor.expand_shape %collapsed_52 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %73 = tensor.empty() : tensor<1x16x64xf32>
    %74 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%31, %expanded_53 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%73 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %75 = tensor.empty() : tensor<1x16xf32>
    %76 = linalg.fill ins(%cst_1 : f32) outs(%75 : tensor<1x16xf32>) -> tensor<1x16xf32>
    %reduced_54 = linalg.reduce ins(%74 : tensor<1x16x64xf32>) outs(%76 : tensor<1x16xf32>) dimensions = [2] 
      (%in: f32, %init: f32) {
        %266 = arith.addf %in, %init : f32
        linalg.yield %266 : f32
      }
    %expanded_55 = tensor.expand_shape %reduced_54 [[0], [1, 2]] output_shape [1, 16, 1] : tensor<1x16xf32> into tensor<1x16x1xf32>
    %77 = tensor.empty() : tensor<1x16x1xf32>
    %78 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_55, %cst_13 : tensor<1x16x1xf32>, tensor<1x1x1xf32>) outs(%77 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %79 = tensor.empty() : tensor<1x16x64xf32>
    %80 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%74, %78 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%79 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.subf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %81 = tensor.empty() : tensor<1x16x64xf32>
    %82 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%80, %80 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%81 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %83 = tensor.empty() : tensor<1x16xf32>
    %84 = linalg.fill ins(%cst_1 : f32) outs(%83 : tensor<1x16xf32>) -> tensor<1x16xf32>
    %reduced_56 = linalg.reduce ins(%82 : tensor<1x16x64xf32>) outs(%84 : tensor<1x16xf32>) dimensions = [2] 
      (%in: f32, %init: f32) {
        %266 = arith.addf %in, %init : f32
        linalg.yield %266 : f32
      }
    %expanded_57 = tensor.expand_shape %reduced_56 [[0], [1, 2]] output_shape [1, 16, 1] : tensor<1x16xf32> into tensor<1x16x1xf32>
    %85 = tensor.empty() : tensor<1x16x1xf32>
    %86 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_57, %cst_13 : tensor<1x16x1xf32>, tensor<1x1x1xf32>) outs(%85 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %87 = tensor.empty() : tensor<1x16x1xf32>
    %88 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%86, %cst_12 : tensor<1x16x1xf32>, tensor<1x1x1xf32>) outs(%87 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %89 = tensor.empty() : tensor<1x16x1xf32>
    %90 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%88 : tensor<1x16x1xf32>) outs(%89 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %266 = math.rsqrt %in : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %91 = tensor.empty() : tensor<1x16x64xf32>
    %92 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%74, %78 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%91 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.subf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %93 = tensor.empty() : tensor<1x16x64xf32>
    %94 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%92, %90 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%93 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %95 = tensor.empty() : tensor<1x16x64xf32>
    %96 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%94, %cst_2 : tensor<1x16x64xf32>, tensor<1x1x64xf32>) outs(%95 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %97 = tensor.empty() : tensor<1x16x64xf32>
    %98 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%96, %cst_2 : tensor<1x16x64xf32>, tensor<1x1x64xf32>) outs(%97 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %collapsed_58 = tensor.collapse_shape %94 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %expanded_59 = tensor.expand_shape %collapsed_58 [[0, 1, 2], [3]] output_shape [16, 1, 1, 64] : tensor<16x64xf32> into tensor<16x1x1x64xf32>
    %99 = tensor.empty() : tensor<1x1x64x128xf32>
    %transposed_60 = linalg.transpose ins(%cst_4 : tensor<128x1x1x64xf32>) outs(%99 : tensor<1x1x64x128xf32>) permutation = [1, 2, 3, 0] 
    %100 = tensor.empty() : tensor<16x1x1x128xf32>
    %101 = linalg.generic {indexing_maps = [#map4, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_17 : tensor<128xf32>) outs(%100 : tensor<16x1x1x128xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<16x1x1x128xf32>
    %102 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%expanded_59, %transposed_60 : tensor<16x1x1x64xf32>, tensor<1x1x64x128xf32>) outs(%101 : tensor<16x1x1x128xf32>) -> tensor<16x1x1x128xf32>
    %collapsed_61 = tensor.collapse_shape %102 [[0, 1, 2], [3]] : tensor<16x1x1x128xf32> into tensor<16x128xf32>
    %expanded_62 = tensor.expand_shape %collapsed_61 [[0, 1], [2]] output_shape [1, 16, 128] : tensor<16x128xf32> into tensor<1x16x128xf32>
    %103 = tensor.empty() : tensor<1x16x128xf32>
    %104 = linalg.generic {indexing_maps = [#map1, #map8, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_62, %cst_10 : tensor<1x16x128xf32>, tensor<1x1x1xf32>) outs(%103 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = math.powf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %105 = tensor.empty() : tensor<1x16x128xf32>
    %106 = linalg.generic {indexing_maps = [#map1, #map8, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%104, %cst_9 : tensor<1x16x128xf32>, tensor<1x1x1xf32>) outs(%105 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %107 = tensor.empty() : tensor<1x16x128xf32>
    %108 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_62, %106 : tensor<1x16x128xf32>, tensor<1x16x128xf32>) outs(%107 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %109 = tensor.empty() : tensor<1x16x128xf32>
    %110 = linalg.generic {indexing_maps = [#map1, #map8, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%108, %cst_8 : tensor<1x16x128xf32>, tensor<1x1x1xf32>) outs(%109 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %111 = tensor.empty() : tensor<1x16x128xf32>
    %112 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%110 : tensor<1x16x128xf32>) outs(%111 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %out: f32):
      %266 = math.tanh %in : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %113 = tensor.empty() : tensor<1x16x128xf32>
    %114 = linalg.generic {indexing_maps = [#map1, #map8, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%112, %cst_7 : tensor<1x16x128xf32>, tensor<1x1x1xf32>) outs(%113 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %115 = tensor.empty() : tensor<1x16x128xf32>
    %116 = linalg.generic {indexing_maps = [#map1, #map8, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_62, %cst_6 : tensor<1x16x128xf32>, tensor<1x1x1xf32>) outs(%115 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %117 = tensor.empty() : tensor<1x16x128xf32>
    %118 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%116, %114 : tensor<1x16x128xf32>, tensor<1x16x128xf32>) outs(%117 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %collapsed_63 = tensor.collapse_shape %118 [[0, 1], [2]] : tensor<1x16x128xf32> into tensor<16x128xf32>
    %expanded_64 = tensor.expand_shape %collapsed_63 [[0, 1, 2], [3]] output_shape [16, 1, 1, 128] : tensor<16x128xf32> into tensor<16x1x1x128xf32>
    %119 = tensor.empty() : tensor<1x1x128x64xf32>
    %transposed_65 = linalg.transpose ins(%cst_3 : tensor<64x1x1x128xf32>) outs(%119 : tensor<1x1x128x64xf32>) permutation = [1, 2, 3, 0] 
    %120 = tensor.empty() : tensor<16x1x1x64xf32>
    %121 = linalg.generic {indexing_maps = [#map4, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_16 : tensor<64xf32>) outs(%120 : tensor<16x1x1x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<16x1x1x64xf32>
    %122 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%expanded_64, %transposed_65 : tensor<16x1x1x128xf32>, tensor<1x1x128x64xf32>) outs(%121 : tensor<16x1x1x64xf32>) -> tensor<16x1x1x64xf32>
    %collapsed_66 = tensor.collapse_shape %122 [[0, 1, 2], [3]] : tensor<16x1x1x64xf32> into tensor<16x64xf32>
    %expanded_67 = tensor.expand_shape %collapsed_66 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %123 = tensor.empty() : tensor<1x16x64xf32>
    %124 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%98, %expanded_67 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%123 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %125 = tensor.empty() : tensor<1x16xf32>
    %126 = linalg.fill ins(%cst_1 : f32) outs(%125 : tensor<1x16xf32>) -> tensor<1x16xf32>
    %reduced_68 = linalg.reduce ins(%124 : tensor<1x16x64xf32>) outs(%126 : tensor<1x16xf32>) dimensions = [2] 
      (%in: f32, %init: f32) {
        %266 = arith.addf %in, %init : f32
        linalg.yield %266 : f32
      }
    %expanded_69 = tensor.expand_shape %reduced_68 [[0], [1, 2]] output_shape [1, 16, 1] : tensor<1x16xf32> into tensor<1x16x1xf32>
    %127 = tensor.empty() : tensor<1x16x1xf32>
    %128 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_69, %cst_13 : tensor<1x16x1xf32>, tensor<1x1x1xf32>) outs(%127 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %129 = tensor.empty() : tensor<1x16x64xf32>
    %130 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%124, %128 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%129 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.subf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %131 = tensor.empty() : tensor<1x16x64xf32>
    %132 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%130, %130 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%131 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %133 = tensor.empty() : tensor<1x16xf32>
    %134 = linalg.fill ins(%cst_1 : f32) outs(%133 : tensor<1x16xf32>) -> tensor<1x16xf32>
    %reduced_70 = linalg.reduce ins(%132 : tensor<1x16x64xf32>) outs(%134 : tensor<1x16xf32>) dimensions = [2] 
      (%in: f32, %init: f32) {
        %266 = arith.addf %in, %init : f32
        linalg.yield %266 : f32
      }
    %expanded_71 = tensor.expand_shape %reduced_70 [[0], [1, 2]] output_shape [1, 16, 1] : tensor<1x16xf32> into tensor<1x16x1xf32>
    %135 = tensor.empty() : tensor<1x16x1xf32>
    %136 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_71, %cst_13 : tensor<1x16x1xf32>, tensor<1x1x1xf32>) outs(%135 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %137 = tensor.empty() : tensor<1x16x1xf32>
    %138 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%136, %cst_12 : tensor<1x16x1xf32>, tensor<1x1x1xf32>) outs(%137 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %139 = tensor.empty() : tensor<1x16x1xf32>
    %140 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%138 : tensor<1x16x1xf32>) outs(%139 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %266 = math.rsqrt %in : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %141 = tensor.empty() : tensor<1x16x64xf32>
    %142 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%124, %128 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%141 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.subf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %143 = tensor.empty() : tensor<1x16x64xf32>
    %144 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%142, %140 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%143 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %145 = tensor.empty() : tensor<1x16x64xf32>
    %146 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%144, %cst_2 : tensor<1x16x64xf32>, tensor<1x1x64xf32>) outs(%145 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %147 = tensor.empty() : tensor<1x16x64xf32>
    %148 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%146, %cst_2 : tensor<1x16x64xf32>, tensor<1x1x64xf32>) outs(%147 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %collapsed_72 = tensor.collapse_shape %144 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %expanded_73 = tensor.expand_shape %collapsed_72 [[0, 1, 2], [3]] output_shape [16, 1, 1, 64] : tensor<16x64xf32> into tensor<16x1x1x64xf32>
    %149 = tensor.empty() : tensor<1x1x64x64xf32>
    %transposed_74 = linalg.transpose ins(%cst_5 : tensor<64x1x1x64xf32>) outs(%149 : tensor<1x1x64x64xf32>) permutation = [1, 2, 3, 0] 
    %150 = tensor.empty() : tensor<16x1x1x64xf32>
    %151 = linalg.generic {indexing_maps = [#map4, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_16 : tensor<64xf32>) outs(%150 : tensor<16x1x1x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<16x1x1x64xf32>
    %152 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%expanded_73, %transposed_74 : tensor<16x1x1x64xf32>, tensor<1x1x64x64xf32>) outs(%151 : tensor<16x1x1x64xf32>) -> tensor<16x1x1x64xf32>
    %collapsed_75 = tensor.collapse_shape %152 [[0, 1, 2], [3]] : tensor<16x1x1x64xf32> into tensor<16x64xf32>
    %expanded_76 = tensor.expand_shape %collapsed_75 [[0, 1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<16x64xf32> into tensor<1x16x4x16xf32>
    %153 = tensor.empty() : tensor<1x4x16x16xf32>
    %transposed_77 = linalg.transpose ins(%expanded_76 : tensor<1x16x4x16xf32>) outs(%153 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %collapsed_78 = tensor.collapse_shape %144 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %expanded_79 = tensor.expand_shape %collapsed_78 [[0, 1, 2], [3]] output_shape [16, 1, 1, 64] : tensor<16x64xf32> into tensor<16x1x1x64xf32>
    %154 = tensor.empty() : tensor<1x1x64x64xf32>
    %transposed_80 = linalg.transpose ins(%cst_5 : tensor<64x1x1x64xf32>) outs(%154 : tensor<1x1x64x64xf32>) permutation = [1, 2, 3, 0] 
    %155 = tensor.empty() : tensor<16x1x1x64xf32>
    %156 = linalg.generic {indexing_maps = [#map4, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_16 : tensor<64xf32>) outs(%155 : tensor<16x1x1x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<16x1x1x64xf32>
    %157 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%expanded_79, %transposed_80 : tensor<16x1x1x64xf32>, tensor<1x1x64x64xf32>) outs(%156 : tensor<16x1x1x64xf32>) -> tensor<16x1x1x64xf32>
    %collapsed_81 = tensor.collapse_shape %157 [[0, 1, 2], [3]] : tensor<16x1x1x64xf32> into tensor<16x64xf32>
    %expanded_82 = tensor.expand_shape %collapsed_81 [[0, 1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<16x64xf32> into tensor<1x16x4x16xf32>
    %158 = tensor.empty() : tensor<1x4x16x16xf32>
    %transposed_83 = linalg.transpose ins(%expanded_82 : tensor<1x16x4x16xf32>) outs(%158 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %collapsed_84 = tensor.collapse_shape %transposed_77 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_85 = tensor.collapse_shape %transposed_83 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %159 = tensor.empty() : tensor<4x16x16xf32>
    %transposed_86 = linalg.transpose ins(%collapsed_85 : tensor<4x16x16xf32>) outs(%159 : tensor<4x16x16xf32>) permutation = [0, 2, 1] 
    %160 = tensor.empty() : tensor<4x16x16xf32>
    %161 = linalg.fill ins(%cst_1 : f32) outs(%160 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %162 = linalg.batch_matmul ins(%collapsed_84, %transposed_86 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%161 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_87 = tensor.expand_shape %162 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %collapsed_88 = tensor.collapse_shape %144 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %expanded_89 = tensor.expand_shape %collapsed_88 [[0, 1, 2], [3]] output_shape [16, 1, 1, 64] : tensor<16x64xf32> into tensor<16x1x1x64xf32>
    %163 = tensor.empty() : tensor<1x1x64x64xf32>
    %transposed_90 = linalg.transpose ins(%cst_5 : tensor<64x1x1x64xf32>) outs(%163 : tensor<1x1x64x64xf32>) permutation = [1, 2, 3, 0] 
    %164 = tensor.empty() : tensor<16x1x1x64xf32>
    %165 = linalg.generic {indexing_maps = [#map4, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_16 : tensor<64xf32>) outs(%164 : tensor<16x1x1x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<16x1x1x64xf32>
    %166 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%expanded_89, %transposed_90 : tensor<16x1x1x64xf32>, tensor<1x1x64x64xf32>) outs(%165 : tensor<16x1x1x64xf32>) -> tensor<16x1x1x64xf32>
    %collapsed_91 = tensor.collapse_shape %166 [[0, 1, 2], [3]] : tensor<16x1x1x64xf32> into tensor<16x64xf32>
    %expanded_92 = tensor.expand_shape %collapsed_91 [[0, 1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<16x64xf32> into tensor<1x16x4x16xf32>
    %167 = tensor.empty() : tensor<1x4x16x16xf32>
    %transposed_93 = linalg.transpose ins(%expanded_92 : tensor<1x16x4x16xf32>) outs(%167 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %168 = tensor.empty() : tensor<1x4x16x16xf32>
    %169 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_87, %cst_11 : tensor<1x4x16x16xf32>, tensor<1x1x1x1xf32>) outs(%168 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x4x16x16xf32>
    %170 = tensor.empty() : tensor<1x4x16xf32>
    %171 = linalg.fill ins(%cst_0 : f32) outs(%170 : tensor<1x4x16xf32>) -> tensor<1x4x16xf32>
    %reduced_94 = linalg.reduce ins(%169 : tensor<1x4x16x16xf32>) outs(%171 : tensor<1x4x16xf32>) dimensions = [3] 
      (%in: f32, %init: f32) {
        %266 = arith.maximumf %in, %init : f32
        linalg.yield %266 : f32
      }
    %expanded_95 = tensor.expand_shape %reduced_94 [[0], [1], [2, 3]] output_shape [1, 4, 16, 1] : tensor<1x4x16xf32> into tensor<1x4x16x1xf32>
    %172 = tensor.empty() : tensor<1x4x16x16xf32>
    %173 = linalg.generic {indexing_maps = [#map5, #map7, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%169, %expanded_95 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%172 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.subf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x4x16x16xf32>
    %174 = tensor.empty() : tensor<1x4x16x16xf32>
    %175 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%173 : tensor<1x4x16x16xf32>) outs(%174 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %266 = math.exp %in : f32
      linalg.yield %266 : f32
    } -> tensor<1x4x16x16xf32>
    %176 = tensor.empty() : tensor<1x4x16xf32>
    %177 = linalg.fill ins(%cst_1 : f32) outs(%176 : tensor<1x4x16xf32>) -> tensor<1x4x16xf32>
    %reduced_96 = linalg.reduce ins(%175 : tensor<1x4x16x16xf32>) outs(%177 : tensor<1x4x16xf32>) dimensions = [3] 
      (%in: f32, %init: f32) {
        %266 = arith.addf %in, %init : f32
        linalg.yield %266 : f32
      }
    %expanded_97 = tensor.expand_shape %reduced_96 [[0], [1], [2, 3]] output_shape [1, 4, 16, 1] : tensor<1x4x16xf32> into tensor<1x4x16x1xf32>
    %178 = tensor.empty() : tensor<1x4x16x1xf32>
    %179 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_97 : tensor<1x4x16x1xf32>) outs(%178 : tensor<1x4x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %266 = arith.divf %cst, %in : f32
      linalg.yield %266 : f32
    } -> tensor<1x4x16x1xf32>
    %180 = tensor.empty() : tensor<1x4x16x16xf32>
    %181 = linalg.generic {indexing_maps = [#map5, #map7, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%175, %179 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%180 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x4x16x16xf32>
    %collapsed_98 = tensor.collapse_shape %181 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_99 = tensor.collapse_shape %transposed_93 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %182 = tensor.empty() : tensor<4x16x16xf32>
    %183 = linalg.fill ins(%cst_1 : f32) outs(%182 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %184 = linalg.batch_matmul ins(%collapsed_98, %collapsed_99 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%183 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_100 = tensor.expand_shape %184 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %185 = tensor.empty() : tensor<1x16x4x16xf32>
    %transposed_101 = linalg.transpose ins(%expanded_100 : tensor<1x4x16x16xf32>) outs(%185 : tensor<1x16x4x16xf32>) permutation = [0, 2, 1, 3] 
    %collapsed_102 = tensor.collapse_shape %transposed_101 [[0, 1], [2, 3]] : tensor<1x16x4x16xf32> into tensor<16x64xf32>
    %expanded_103 = tensor.expand_shape %collapsed_102 [[0, 1, 2], [3]] output_shape [16, 1, 1, 64] : tensor<16x64xf32> into tensor<16x1x1x64xf32>
    %186 = tensor.empty() : tensor<1x1x64x64xf32>
    %transposed_104 = linalg.transpose ins(%cst_5 : tensor<64x1x1x64xf32>) outs(%186 : tensor<1x1x64x64xf32>) permutation = [1, 2, 3, 0] 
    %187 = tensor.empty() : tensor<16x1x1x64xf32>
    %188 = linalg.generic {indexing_maps = [#map4, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_16 : tensor<64xf32>) outs(%187 : tensor<16x1x1x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<16x1x1x64xf32>
    %189 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%expanded_103, %transposed_104 : tensor<16x1x1x64xf32>, tensor<1x1x64x64xf32>) outs(%188 : tensor<16x1x1x64xf32>) -> tensor<16x1x1x64xf32>
    %collapsed_105 = tensor.collapse_shape %189 [[0, 1, 2], [3]] : tensor<16x1x1x64xf32> into tensor<16x64xf32>
    %expanded_106 = tensor.expand_shape %collapsed_105 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %190 = tensor.empty() : tensor<1x16x64xf32>
    %191 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%148, %expanded_106 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%190 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %192 = tensor.empty() : tensor<1x16xf32>
    %193 = linalg.fill ins(%cst_1 : f32) outs(%192 : tensor<1x16xf32>) -> tensor<1x16xf32>
    %reduced_107 = linalg.reduce ins(%191 : tensor<1x16x64xf32>) outs(%193 : tensor<1x16xf32>) dimensions = [2] 
      (%in: f32, %init: f32) {
        %266 = arith.addf %in, %init : f32
        linalg.yield %266 : f32
      }
    %expanded_108 = tensor.expand_shape %reduced_107 [[0], [1, 2]] output_shape [1, 16, 1] : tensor<1x16xf32> into tensor<1x16x1xf32>
    %194 = tensor.empty() : tensor<1x16x1xf32>
    %195 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_108, %cst_13 : tensor<1x16x1xf32>, tensor<1x1x1xf32>) outs(%194 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %196 = tensor.empty() : tensor<1x16x64xf32>
    %197 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%191, %195 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%196 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.subf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %198 = tensor.empty() : tensor<1x16x64xf32>
    %199 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%197, %197 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%198 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %200 = tensor.empty() : tensor<1x16xf32>
    %201 = linalg.fill ins(%cst_1 : f32) outs(%200 : tensor<1x16xf32>) -> tensor<1x16xf32>
    %reduced_109 = linalg.reduce ins(%199 : tensor<1x16x64xf32>) outs(%201 : tensor<1x16xf32>) dimensions = [2] 
      (%in: f32, %init: f32) {
        %266 = arith.addf %in, %init : f32
        linalg.yield %266 : f32
      }
    %expanded_110 = tensor.expand_shape %reduced_109 [[0], [1, 2]] output_shape [1, 16, 1] : tensor<1x16xf32> into tensor<1x16x1xf32>
    %202 = tensor.empty() : tensor<1x16x1xf32>
    %203 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_110, %cst_13 : tensor<1x16x1xf32>, tensor<1x1x1xf32>) outs(%202 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %204 = tensor.empty() : tensor<1x16x1xf32>
    %205 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%203, %cst_12 : tensor<1x16x1xf32>, tensor<1x1x1xf32>) outs(%204 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %206 = tensor.empty() : tensor<1x16x1xf32>
    %207 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%205 : tensor<1x16x1xf32>) outs(%206 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %266 = math.rsqrt %in : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %208 = tensor.empty() : tensor<1x16x64xf32>
    %209 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%191, %195 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%208 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.subf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %210 = tensor.empty() : tensor<1x16x64xf32>
    %211 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%209, %207 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%210 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %212 = tensor.empty() : tensor<1x16x64xf32>
    %213 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%211, %cst_2 : tensor<1x16x64xf32>, tensor<1x1x64xf32>) outs(%212 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %214 = tensor.empty() : tensor<1x16x64xf32>
    %215 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%213, %cst_2 : tensor<1x16x64xf32>, tensor<1x1x64xf32>) outs(%214 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %collapsed_111 = tensor.collapse_shape %211 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %expanded_112 = tensor.expand_shape %collapsed_111 [[0, 1, 2], [3]] output_shape [16, 1, 1, 64] : tensor<16x64xf32> into tensor<16x1x1x64xf32>
    %216 = tensor.empty() : tensor<1x1x64x128xf32>
    %transposed_113 = linalg.transpose ins(%cst_4 : tensor<128x1x1x64xf32>) outs(%216 : tensor<1x1x64x128xf32>) permutation = [1, 2, 3, 0] 
    %217 = tensor.empty() : tensor<16x1x1x128xf32>
    %218 = linalg.generic {indexing_maps = [#map4, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_17 : tensor<128xf32>) outs(%217 : tensor<16x1x1x128xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<16x1x1x128xf32>
    %219 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%expanded_112, %transposed_113 : tensor<16x1x1x64xf32>, tensor<1x1x64x128xf32>) outs(%218 : tensor<16x1x1x128xf32>) -> tensor<16x1x1x128xf32>
    %collapsed_114 = tensor.collapse_shape %219 [[0, 1, 2], [3]] : tensor<16x1x1x128xf32> into tensor<16x128xf32>
    %expanded_115 = tensor.expand_shape %collapsed_114 [[0, 1], [2]] output_shape [1, 16, 128] : tensor<16x128xf32> into tensor<1x16x128xf32>
    %220 = tensor.empty() : tensor<1x16x128xf32>
    %221 = linalg.generic {indexing_maps = [#map1, #map8, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_115, %cst_10 : tensor<1x16x128xf32>, tensor<1x1x1xf32>) outs(%220 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = math.powf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %222 = tensor.empty() : tensor<1x16x128xf32>
    %223 = linalg.generic {indexing_maps = [#map1, #map8, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%221, %cst_9 : tensor<1x16x128xf32>, tensor<1x1x1xf32>) outs(%222 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %224 = tensor.empty() : tensor<1x16x128xf32>
    %225 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_115, %223 : tensor<1x16x128xf32>, tensor<1x16x128xf32>) outs(%224 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %226 = tensor.empty() : tensor<1x16x128xf32>
    %227 = linalg.generic {indexing_maps = [#map1, #map8, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%225, %cst_8 : tensor<1x16x128xf32>, tensor<1x1x1xf32>) outs(%226 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %228 = tensor.empty() : tensor<1x16x128xf32>
    %229 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%227 : tensor<1x16x128xf32>) outs(%228 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %out: f32):
      %266 = math.tanh %in : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %230 = tensor.empty() : tensor<1x16x128xf32>
    %231 = linalg.generic {indexing_maps = [#map1, #map8, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%229, %cst_7 : tensor<1x16x128xf32>, tensor<1x1x1xf32>) outs(%230 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %232 = tensor.empty() : tensor<1x16x128xf32>
    %233 = linalg.generic {indexing_maps = [#map1, #map8, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_115, %cst_6 : tensor<1x16x128xf32>, tensor<1x1x1xf32>) outs(%232 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %234 = tensor.empty() : tensor<1x16x128xf32>
    %235 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%233, %231 : tensor<1x16x128xf32>, tensor<1x16x128xf32>) outs(%234 : tensor<1x16x128xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x128xf32>
    %collapsed_116 = tensor.collapse_shape %235 [[0, 1], [2]] : tensor<1x16x128xf32> into tensor<16x128xf32>
    %expanded_117 = tensor.expand_shape %collapsed_116 [[0, 1, 2], [3]] output_shape [16, 1, 1, 128] : tensor<16x128xf32> into tensor<16x1x1x128xf32>
    %236 = tensor.empty() : tensor<1x1x128x64xf32>
    %transposed_118 = linalg.transpose ins(%cst_3 : tensor<64x1x1x128xf32>) outs(%236 : tensor<1x1x128x64xf32>) permutation = [1, 2, 3, 0] 
    %237 = tensor.empty() : tensor<16x1x1x64xf32>
    %238 = linalg.generic {indexing_maps = [#map4, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%cst_16 : tensor<64xf32>) outs(%237 : tensor<16x1x1x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<16x1x1x64xf32>
    %239 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%expanded_117, %transposed_118 : tensor<16x1x1x128xf32>, tensor<1x1x128x64xf32>) outs(%238 : tensor<16x1x1x64xf32>) -> tensor<16x1x1x64xf32>
    %collapsed_119 = tensor.collapse_shape %239 [[0, 1, 2], [3]] : tensor<16x1x1x64xf32> into tensor<16x64xf32>
    %expanded_120 = tensor.expand_shape %collapsed_119 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %240 = tensor.empty() : tensor<1x16x64xf32>
    %241 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%215, %expanded_120 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%240 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %242 = tensor.empty() : tensor<1x16xf32>
    %243 = linalg.fill ins(%cst_1 : f32) outs(%242 : tensor<1x16xf32>) -> tensor<1x16xf32>
    %reduced_121 = linalg.reduce ins(%241 : tensor<1x16x64xf32>) outs(%243 : tensor<1x16xf32>) dimensions = [2] 
      (%in: f32, %init: f32) {
        %266 = arith.addf %in, %init : f32
        linalg.yield %266 : f32
      }
    %expanded_122 = tensor.expand_shape %reduced_121 [[0], [1, 2]] output_shape [1, 16, 1] : tensor<1x16xf32> into tensor<1x16x1xf32>
    %244 = tensor.empty() : tensor<1x16x1xf32>
    %245 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_122, %cst_13 : tensor<1x16x1xf32>, tensor<1x1x1xf32>) outs(%244 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %246 = tensor.empty() : tensor<1x16x64xf32>
    %247 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%241, %245 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%246 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.subf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %248 = tensor.empty() : tensor<1x16x64xf32>
    %249 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%247, %247 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%248 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %250 = tensor.empty() : tensor<1x16xf32>
    %251 = linalg.fill ins(%cst_1 : f32) outs(%250 : tensor<1x16xf32>) -> tensor<1x16xf32>
    %reduced_123 = linalg.reduce ins(%249 : tensor<1x16x64xf32>) outs(%251 : tensor<1x16xf32>) dimensions = [2] 
      (%in: f32, %init: f32) {
        %266 = arith.addf %in, %init : f32
        linalg.yield %266 : f32
      }
    %expanded_124 = tensor.expand_shape %reduced_123 [[0], [1, 2]] output_shape [1, 16, 1] : tensor<1x16xf32> into tensor<1x16x1xf32>
    %252 = tensor.empty() : tensor<1x16x1xf32>
    %253 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_124, %cst_13 : tensor<1x16x1xf32>, tensor<1x1x1xf32>) outs(%252 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %254 = tensor.empty() : tensor<1x16x1xf32>
    %255 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%253, %cst_12 : tensor<1x16x1xf32>, tensor<1x1x1xf32>) outs(%254 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %256 = tensor.empty() : tensor<1x16x1xf32>
    %257 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%255 : tensor<1x16x1xf32>) outs(%256 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %266 = math.rsqrt %in : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x1xf32>
    %258 = tensor.empty() : tensor<1x16x64xf32>
    %259 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%241, %245 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%258 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.subf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %260 = tensor.empty() : tensor<1x16x64xf32>
    %261 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%259, %257 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%260 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %262 = tensor.empty() : tensor<1x16x64xf32>
    %263 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%261, %cst_2 : tensor<1x16x64xf32>, tensor<1x1x64xf32>) outs(%262 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.mulf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    %264 = tensor.empty() : tensor<1x16x64xf32>
    %265 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%263, %cst_2 : tensor<1x16x64xf32>, tensor<1x1x64xf32>) outs(%264 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_125: f32, %out: f32):
      %266 = arith.addf %in, %in_125 : f32
      linalg.yield %266 : f32
    } -> tensor<1x16x64xf32>
    return %265 : tensor<1x16x64xf32>
  }
}
