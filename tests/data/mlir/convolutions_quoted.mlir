#map = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d4, d2 + d5, d3 + d6)>
#map1 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d1, d4, d5, d6)>
#map2 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>
#map3 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map4 = affine_map<(d0, d1, d2, d3) -> (d0, d1, 0, 0)>
#map5 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2 * 2 + d4, d3 * 2 + d5)>
#map6 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5)>
#map7 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>
#map8 = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1, d5, d3 * 2 + d6, d4 * 2 + d7)>
#map9 = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d1, d2, d5, d6, d7)>
#map10 = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1, d2, d3, d4)>
#map11 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 + d4, d2 + d5)>
#map12 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d3, d4, d5)>
#map13 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1, d2)>
#map14 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2 * 14 + d4, d3 * 14 + d5)>
#map15 = affine_map<(d0, d1, d2) -> (d0, d2)>
#map16 = affine_map<(d0, d1, d2) -> (d2, d1)>
#map17 = affine_map<(d0, d1, d2) -> (d0, d1)>
#map18 = affine_map<(d0, d1) -> (d0, d1)>
#map19 = affine_map<(d0, d1) -> (d1)>
#map20 = affine_map<(d0, d1) -> (d0)>
#map21 = affine_map<(d0, d1) -> (d0, 0)>
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<1x1x28x28xf32>) -> tensor<1x10xf32>, sym_name = "main"}> ({
  ^bb0(%arg0: tensor<1x1x28x28xf32>):
    %0 = "arith.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    %1 = "arith.constant"() <{value = 0 : i64}> : () -> i64
    %2 = "arith.constant"() <{value = 0xFF800000 : f32}> : () -> f32
    %3 = "arith.constant"() <{value = dense_resource<torch_tensor_10_torch.float32> : tensor<10xf32>}> : () -> tensor<10xf32>
    %4 = "arith.constant"() <{value = dense_resource<torch_tensor_10_4_torch.float32> : tensor<10x4xf32>}> : () -> tensor<10x4xf32>
    %5 = "arith.constant"() <{value = dense_resource<torch_tensor_4_torch.float32> : tensor<4xf32>}> : () -> tensor<4xf32>
    %6 = "arith.constant"() <{value = dense_resource<torch_tensor_16_4_2_2_torch.float32> : tensor<16x4x2x2xf32>}> : () -> tensor<16x4x2x2xf32>
    %7 = "arith.constant"() <{value = dense_resource<torch_tensor_16_torch.float32_1> : tensor<16xf32>}> : () -> tensor<16xf32>
    %8 = "arith.constant"() <{value = dense_resource<torch_tensor_16_1_3_3_torch.float32> : tensor<16x1x3x3xf32>}> : () -> tensor<16x1x3x3xf32>
    %9 = "arith.constant"() <{value = dense_resource<torch_tensor_16_torch.float32> : tensor<16xf32>}> : () -> tensor<16xf32>
    %10 = "arith.constant"() <{value = dense_resource<torch_tensor_16_4_3_3_torch.float32> : tensor<16x4x3x3xf32>}> : () -> tensor<16x4x3x3xf32>
    %11 = "arith.constant"() <{value = 1.000000e-05 : f64}> : () -> f64
    %12 = "arith.constant"() <{value = dense_resource<torch_tensor_8_torch.float32_4> : tensor<8xf32>}> : () -> tensor<8xf32>
    %13 = "arith.constant"() <{value = dense_resource<torch_tensor_8_torch.float32_3> : tensor<8xf32>}> : () -> tensor<8xf32>
    %14 = "arith.constant"() <{value = dense_resource<torch_tensor_8_torch.float32_2> : tensor<8xf32>}> : () -> tensor<8xf32>
    %15 = "arith.constant"() <{value = dense_resource<torch_tensor_8_torch.float32_1> : tensor<8xf32>}> : () -> tensor<8xf32>
    %16 = "arith.constant"() <{value = dense_resource<torch_tensor_8_1_3_3_torch.float32> : tensor<8x1x3x3xf32>}> : () -> tensor<8x1x3x3xf32>
    %17 = "arith.constant"() <{value = dense_resource<torch_tensor_8_torch.float32> : tensor<8xf32>}> : () -> tensor<8xf32>
    %18 = "arith.constant"() <{value = 1 : index}> : () -> index
    %19 = "arith.constant"() <{value = 1.960000e+02 : f32}> : () -> f32
    %20 = "tensor.pad"(%arg0) <{operandSegmentSizes = array<i32: 1, 0, 0>, static_high = array<i64: 0, 0, 1, 1>, static_low = array<i64: 0, 0, 1, 1>}> ({
    ^bb0(%arg95: index, %arg96: index, %arg97: index, %arg98: index):
      "tensor.yield"(%0) : (f32) -> ()
    }) : (tensor<1x1x28x28xf32>) -> tensor<1x1x30x30xf32>
    %21 = "tensor.empty"() : () -> tensor<1x8x28x28xf32>
    %22 = "linalg.broadcast"(%17, %21) <{dimensions = array<i64: 0, 2, 3>}> ({
    ^bb0(%arg93: f32, %arg94: f32):
      "linalg.yield"(%arg93) : (f32) -> ()
    }) : (tensor<8xf32>, tensor<1x8x28x28xf32>) -> tensor<1x8x28x28xf32>
    %23 = "linalg.conv_2d_nchw_fchw"(%20, %16, %22) <{dilations = dense<1> : vector<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<1> : vector<2xi64>}> ({
    ^bb0(%arg90: f32, %arg91: f32, %arg92: f32):
      %125 = "arith.mulf"(%arg90, %arg91) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %126 = "arith.addf"(%arg92, %125) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%126) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map, #map1, #map2]} : (tensor<1x1x30x30xf32>, tensor<8x1x3x3xf32>, tensor<1x8x28x28xf32>) -> tensor<1x8x28x28xf32>
    %24 = "tensor.expand_shape"(%13) <{reassociation = [[0, 1, 2, 3]], static_output_shape = array<i64: 1, 8, 1, 1>}> : (tensor<8xf32>) -> tensor<1x8x1x1xf32>
    %25 = "tensor.expand_shape"(%12) <{reassociation = [[0, 1, 2, 3]], static_output_shape = array<i64: 1, 8, 1, 1>}> : (tensor<8xf32>) -> tensor<1x8x1x1xf32>
    %26 = "tensor.empty"() : () -> tensor<1x8x1x1xf32>
    %27 = "linalg.generic"(%25, %26) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg88: f32, %arg89: f32):
      %123 = "arith.truncf"(%11) : (f64) -> f32
      %124 = "arith.addf"(%arg88, %123) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%124) : (f32) -> ()
    }) : (tensor<1x8x1x1xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32>
    %28 = "linalg.generic"(%27, %26) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg86: f32, %arg87: f32):
      %122 = "math.rsqrt"(%arg86) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
      "linalg.yield"(%122) : (f32) -> ()
    }) : (tensor<1x8x1x1xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32>
    %29 = "linalg.generic"(%23, %24, %21) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg83: f32, %arg84: f32, %arg85: f32):
      %121 = "arith.subf"(%arg83, %arg84) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%121) : (f32) -> ()
    }) : (tensor<1x8x28x28xf32>, tensor<1x8x1x1xf32>, tensor<1x8x28x28xf32>) -> tensor<1x8x28x28xf32>
    %30 = "linalg.generic"(%29, %28, %21) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg80: f32, %arg81: f32, %arg82: f32):
      %120 = "arith.mulf"(%arg80, %arg81) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%120) : (f32) -> ()
    }) : (tensor<1x8x28x28xf32>, tensor<1x8x1x1xf32>, tensor<1x8x28x28xf32>) -> tensor<1x8x28x28xf32>
    %31 = "tensor.expand_shape"(%15) <{reassociation = [[0, 1, 2, 3]], static_output_shape = array<i64: 1, 8, 1, 1>}> : (tensor<8xf32>) -> tensor<1x8x1x1xf32>
    %32 = "linalg.generic"(%30, %31, %21) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg77: f32, %arg78: f32, %arg79: f32):
      %119 = "arith.mulf"(%arg77, %arg78) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%119) : (f32) -> ()
    }) : (tensor<1x8x28x28xf32>, tensor<1x8x1x1xf32>, tensor<1x8x28x28xf32>) -> tensor<1x8x28x28xf32>
    %33 = "tensor.expand_shape"(%14) <{reassociation = [[0, 1, 2, 3]], static_output_shape = array<i64: 1, 8, 1, 1>}> : (tensor<8xf32>) -> tensor<1x8x1x1xf32>
    %34 = "linalg.generic"(%32, %33, %21) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg74: f32, %arg75: f32, %arg76: f32):
      %118 = "arith.addf"(%arg74, %arg75) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%118) : (f32) -> ()
    }) : (tensor<1x8x28x28xf32>, tensor<1x8x1x1xf32>, tensor<1x8x28x28xf32>) -> tensor<1x8x28x28xf32>
    %35 = "linalg.generic"(%34, %21) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg72: f32, %arg73: f32):
      %116 = "arith.cmpf"(%arg72, %0) <{fastmath = #arith.fastmath<none>, predicate = 9 : i64}> : (f32, f32) -> i1
      %117 = "arith.select"(%116, %arg72, %0) : (i1, f32, f32) -> f32
      "linalg.yield"(%117) : (f32) -> ()
    }) : (tensor<1x8x28x28xf32>, tensor<1x8x28x28xf32>) -> tensor<1x8x28x28xf32>
    %36 = "tensor.empty"() : () -> tensor<1x8x14x14xf32>
    %37 = "linalg.fill"(%2, %36) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg70: f32, %arg71: f32):
      "linalg.yield"(%arg70) : (f32) -> ()
    }) : (f32, tensor<1x8x14x14xf32>) -> tensor<1x8x14x14xf32>
    %38 = "tensor.empty"() : () -> tensor<2x2xf32>
    %39 = "linalg.pooling_nchw_max"(%35, %38, %37) <{dilations = dense<1> : vector<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<2> : vector<2xi64>}> ({
    ^bb0(%arg67: f32, %arg68: f32, %arg69: f32):
      %115 = "arith.maximumf"(%arg69, %arg67) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%115) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map5, #map6, #map7]} : (tensor<1x8x28x28xf32>, tensor<2x2xf32>, tensor<1x8x14x14xf32>) -> tensor<1x8x14x14xf32>
    %40 = "tensor.pad"(%39) <{operandSegmentSizes = array<i32: 1, 0, 0>, static_high = array<i64: 0, 0, 1, 1>, static_low = array<i64: 0, 0, 1, 1>}> ({
    ^bb0(%arg63: index, %arg64: index, %arg65: index, %arg66: index):
      "tensor.yield"(%0) : (f32) -> ()
    }) : (tensor<1x8x14x14xf32>) -> tensor<1x8x16x16xf32>
    %41 = "tensor.empty"() : () -> tensor<1x16x7x7xf32>
    %42 = "linalg.broadcast"(%9, %41) <{dimensions = array<i64: 0, 2, 3>}> ({
    ^bb0(%arg61: f32, %arg62: f32):
      "linalg.yield"(%arg61) : (f32) -> ()
    }) : (tensor<16xf32>, tensor<1x16x7x7xf32>) -> tensor<1x16x7x7xf32>
    %43 = "tensor.expand_shape"(%40) <{reassociation = [[0], [1, 2], [3], [4]], static_output_shape = array<i64: 1, 2, 4, 16, 16>}> : (tensor<1x8x16x16xf32>) -> tensor<1x2x4x16x16xf32>
    %44 = "tensor.expand_shape"(%10) <{reassociation = [[0, 1], [2], [3], [4]], static_output_shape = array<i64: 2, 8, 4, 3, 3>}> : (tensor<16x4x3x3xf32>) -> tensor<2x8x4x3x3xf32>
    %45 = "tensor.expand_shape"(%42) <{reassociation = [[0], [1, 2], [3], [4]], static_output_shape = array<i64: 1, 2, 8, 7, 7>}> : (tensor<1x16x7x7xf32>) -> tensor<1x2x8x7x7xf32>
    %46 = "linalg.conv_2d_ngchw_gfchw"(%43, %44, %45) <{dilations = dense<1> : vector<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<2> : vector<2xi64>}> ({
    ^bb0(%arg58: f32, %arg59: f32, %arg60: f32):
      %113 = "arith.mulf"(%arg58, %arg59) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %114 = "arith.addf"(%arg60, %113) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%114) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map8, #map9, #map10]} : (tensor<1x2x4x16x16xf32>, tensor<2x8x4x3x3xf32>, tensor<1x2x8x7x7xf32>) -> tensor<1x2x8x7x7xf32>
    %47 = "tensor.collapse_shape"(%46) <{reassociation = [[0], [1, 2], [3], [4]]}> : (tensor<1x2x8x7x7xf32>) -> tensor<1x16x7x7xf32>
    %48 = "linalg.generic"(%47, %41) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg56: f32, %arg57: f32):
      %111 = "arith.cmpf"(%arg56, %0) <{fastmath = #arith.fastmath<none>, predicate = 9 : i64}> : (f32, f32) -> i1
      %112 = "arith.select"(%111, %arg56, %0) : (i1, f32, f32) -> f32
      "linalg.yield"(%112) : (f32) -> ()
    }) : (tensor<1x16x7x7xf32>, tensor<1x16x7x7xf32>) -> tensor<1x16x7x7xf32>
    %49 = "tensor.pad"(%48) <{operandSegmentSizes = array<i32: 1, 0, 0>, static_high = array<i64: 0, 0, 1, 1>, static_low = array<i64: 0, 0, 1, 1>}> ({
    ^bb0(%arg52: index, %arg53: index, %arg54: index, %arg55: index):
      "tensor.yield"(%0) : (f32) -> ()
    }) : (tensor<1x16x7x7xf32>) -> tensor<1x16x9x9xf32>
    %50 = "linalg.broadcast"(%7, %41) <{dimensions = array<i64: 0, 2, 3>}> ({
    ^bb0(%arg50: f32, %arg51: f32):
      "linalg.yield"(%arg50) : (f32) -> ()
    }) : (tensor<16xf32>, tensor<1x16x7x7xf32>) -> tensor<1x16x7x7xf32>
    %51 = "tensor.collapse_shape"(%8) <{reassociation = [[0, 1], [2], [3]]}> : (tensor<16x1x3x3xf32>) -> tensor<16x3x3xf32>
    %52 = "linalg.depthwise_conv_2d_nchw_chw"(%49, %51, %50) <{dilations = dense<1> : vector<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<1> : vector<2xi64>}> ({
    ^bb0(%arg47: f32, %arg48: f32, %arg49: f32):
      %109 = "arith.mulf"(%arg47, %arg48) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %110 = "arith.addf"(%arg49, %109) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%110) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map11, #map12, #map13]} : (tensor<1x16x9x9xf32>, tensor<16x3x3xf32>, tensor<1x16x7x7xf32>) -> tensor<1x16x7x7xf32>
    %53 = "tensor.empty"() : () -> tensor<4x16x2x2xf32>
    %54 = "linalg.fill"(%0, %53) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg45: f32, %arg46: f32):
      "linalg.yield"(%arg45) : (f32) -> ()
    }) : (f32, tensor<4x16x2x2xf32>) -> tensor<4x16x2x2xf32>
    %55 = "linalg.generic"(%54) <{indexing_maps = [#map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 0, 1>}> ({
    ^bb0(%arg44: f32):
      %102 = "linalg.index"() <{dim = 0 : i64}> : () -> index
      %103 = "linalg.index"() <{dim = 1 : i64}> : () -> index
      %104 = "linalg.index"() <{dim = 2 : i64}> : () -> index
      %105 = "linalg.index"() <{dim = 3 : i64}> : () -> index
      %106 = "arith.subi"(%18, %104) <{overflowFlags = #arith.overflow<none>}> : (index, index) -> index
      %107 = "arith.subi"(%18, %105) <{overflowFlags = #arith.overflow<none>}> : (index, index) -> index
      %108 = "tensor.extract"(%6, %103, %102, %106, %107) : (tensor<16x4x2x2xf32>, index, index, index, index) -> f32
      "linalg.yield"(%108) : (f32) -> ()
    }) : (tensor<4x16x2x2xf32>) -> tensor<4x16x2x2xf32>
    %56 = "tensor.empty"() : () -> tensor<1x16x15x15xf32>
    %57 = "linalg.fill"(%0, %56) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg42: f32, %arg43: f32):
      "linalg.yield"(%arg42) : (f32) -> ()
    }) : (f32, tensor<1x16x15x15xf32>) -> tensor<1x16x15x15xf32>
    %58 = "tensor.insert_slice"(%52, %57) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, static_offsets = array<i64: 0, 0, 1, 1>, static_sizes = array<i64: 1, 16, 7, 7>, static_strides = array<i64: 1, 1, 2, 2>}> : (tensor<1x16x7x7xf32>, tensor<1x16x15x15xf32>) -> tensor<1x16x15x15xf32>
    %59 = "tensor.empty"() : () -> tensor<1x4x14x14xf32>
    %60 = "linalg.broadcast"(%5, %59) <{dimensions = array<i64: 0, 2, 3>}> ({
    ^bb0(%arg40: f32, %arg41: f32):
      "linalg.yield"(%arg40) : (f32) -> ()
    }) : (tensor<4xf32>, tensor<1x4x14x14xf32>) -> tensor<1x4x14x14xf32>
    %61 = "linalg.conv_2d_nchw_fchw"(%58, %55, %60) <{dilations = dense<1> : vector<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<1> : vector<2xi64>}> ({
    ^bb0(%arg37: f32, %arg38: f32, %arg39: f32):
      %100 = "arith.mulf"(%arg37, %arg38) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %101 = "arith.addf"(%arg39, %100) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%101) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map, #map1, #map2]} : (tensor<1x16x15x15xf32>, tensor<4x16x2x2xf32>, tensor<1x4x14x14xf32>) -> tensor<1x4x14x14xf32>
    %62 = "tensor.empty"() : () -> tensor<1x4x1x1xf32>
    %63 = "linalg.fill"(%0, %62) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg35: f32, %arg36: f32):
      "linalg.yield"(%arg35) : (f32) -> ()
    }) : (f32, tensor<1x4x1x1xf32>) -> tensor<1x4x1x1xf32>
    %64 = "tensor.empty"() : () -> tensor<14x14xf32>
    %65 = "linalg.pooling_nchw_sum"(%61, %64, %63) <{dilations = dense<1> : vector<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<14> : vector<2xi64>}> ({
    ^bb0(%arg32: f32, %arg33: f32, %arg34: f32):
      %99 = "arith.addf"(%arg34, %arg32) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%99) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map14, #map6, #map7]} : (tensor<1x4x14x14xf32>, tensor<14x14xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x1x1xf32>
    %66 = "linalg.generic"(%65, %62) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg30: f32, %arg31: f32):
      %98 = "arith.divf"(%arg30, %19) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%98) : (f32) -> ()
    }) : (tensor<1x4x1x1xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x1x1xf32>
    %67 = "tensor.collapse_shape"(%66) <{reassociation = [[0], [1, 2, 3]]}> : (tensor<1x4x1x1xf32>) -> tensor<1x4xf32>
    %68 = "tensor.empty"() : () -> tensor<4x10xf32>
    %69 = "linalg.transpose"(%4, %68) <{permutation = array<i64: 1, 0>}> ({
    ^bb0(%arg28: f32, %arg29: f32):
      "linalg.yield"(%arg28) : (f32) -> ()
    }) : (tensor<10x4xf32>, tensor<4x10xf32>) -> tensor<4x10xf32>
    %70 = "tensor.empty"() : () -> tensor<1x10xf32>
    %71 = "linalg.fill"(%0, %70) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg26: f32, %arg27: f32):
      "linalg.yield"(%arg26) : (f32) -> ()
    }) : (f32, tensor<1x10xf32>) -> tensor<1x10xf32>
    %72 = "linalg.matmul"(%67, %69, %71) <{indexing_maps = [#map15, #map16, #map17], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg23: f32, %arg24: f32, %arg25: f32):
      %96 = "arith.mulf"(%arg23, %arg24) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %97 = "arith.addf"(%arg25, %96) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%97) : (f32) -> ()
    }) : (tensor<1x4xf32>, tensor<4x10xf32>, tensor<1x10xf32>) -> tensor<1x10xf32>
    %73 = "linalg.generic"(%72, %3, %70) <{indexing_maps = [#map18, #map19, #map18], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg20: f32, %arg21: f32, %arg22: f32):
      %95 = "arith.addf"(%arg20, %arg21) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%95) : (f32) -> ()
    }) : (tensor<1x10xf32>, tensor<10xf32>, tensor<1x10xf32>) -> tensor<1x10xf32>
    %74 = "tensor.empty"() : () -> tensor<1xi64>
    %75 = "linalg.fill"(%1, %74) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg18: i64, %arg19: i64):
      "linalg.yield"(%arg18) : (i64) -> ()
    }) : (i64, tensor<1xi64>) -> tensor<1xi64>
    %76 = "tensor.empty"() : () -> tensor<1xf32>
    %77 = "linalg.fill"(%2, %76) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg16: f32, %arg17: f32):
      "linalg.yield"(%arg16) : (f32) -> ()
    }) : (f32, tensor<1xf32>) -> tensor<1xf32>
    %78:2 = "linalg.generic"(%73, %77, %75) <{indexing_maps = [#map18, #map20, #map20], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>], operandSegmentSizes = array<i32: 1, 2>}> ({
    ^bb0(%arg13: f32, %arg14: f32, %arg15: i64):
      %90 = "linalg.index"() <{dim = 1 : i64}> : () -> index
      %91 = "arith.index_cast"(%90) : (index) -> i64
      %92 = "arith.maximumf"(%arg13, %arg14) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %93 = "arith.cmpf"(%arg13, %arg14) <{fastmath = #arith.fastmath<none>, predicate = 2 : i64}> : (f32, f32) -> i1
      %94 = "arith.select"(%93, %91, %arg15) : (i1, i64, i64) -> i64
      "linalg.yield"(%92, %94) : (f32, i64) -> ()
    }) : (tensor<1x10xf32>, tensor<1xf32>, tensor<1xi64>) -> (tensor<1xf32>, tensor<1xi64>)
    %79 = "tensor.expand_shape"(%78#0) <{reassociation = [[0, 1]], static_output_shape = array<i64: 1, 1>}> : (tensor<1xf32>) -> tensor<1x1xf32>
    %80 = "linalg.generic"(%73, %79, %70) <{indexing_maps = [#map18, #map21, #map18], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg10: f32, %arg11: f32, %arg12: f32):
      %89 = "arith.subf"(%arg10, %arg11) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%89) : (f32) -> ()
    }) : (tensor<1x10xf32>, tensor<1x1xf32>, tensor<1x10xf32>) -> tensor<1x10xf32>
    %81 = "linalg.generic"(%80, %70) <{indexing_maps = [#map18, #map18], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg8: f32, %arg9: f32):
      %88 = "math.exp"(%arg8) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
      "linalg.yield"(%88) : (f32) -> ()
    }) : (tensor<1x10xf32>, tensor<1x10xf32>) -> tensor<1x10xf32>
    %82 = "tensor.empty"() : () -> tensor<1x1xf32>
    %83 = "linalg.fill"(%0, %82) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg6: f32, %arg7: f32):
      "linalg.yield"(%arg6) : (f32) -> ()
    }) : (f32, tensor<1x1xf32>) -> tensor<1x1xf32>
    %84 = "linalg.generic"(%81, %83) <{indexing_maps = [#map18, #map21], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg4: f32, %arg5: f32):
      %87 = "arith.addf"(%arg4, %arg5) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%87) : (f32) -> ()
    }) : (tensor<1x10xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
    %85 = "linalg.generic"(%81, %84, %70) <{indexing_maps = [#map18, #map21, #map18], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg1: f32, %arg2: f32, %arg3: f32):
      %86 = "arith.divf"(%arg1, %arg2) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%86) : (f32) -> ()
    }) : (tensor<1x10xf32>, tensor<1x1xf32>, tensor<1x10xf32>) -> tensor<1x10xf32>
    "func.return"(%85) : (tensor<1x10xf32>) -> ()
  }) : () -> ()
}) : () -> ()
