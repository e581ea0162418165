module attributes {tf_saved_model.semantics, tfl.description = "MLIR Converted.", tfl.metadata = {CONVERSION_METADATA = "\10\00\00\00\00\00\00\00\08\00\0E\00\08\00\04\00\08\00\00\00\10\00\00\00$\00\00\00\00\00\06\00\08\00\04\00\06\00\00\00\04\00\00\00\00\00\00\00\0C\00\18\00\14\00\10\00\0C\00\04\00\0C\00\00\00\12b\A7+z\B3\8B'\03\00\00\00\02\00\00\00\04\00\00\00\06\00\00\002.21.0\00\00", min_runtime_version = "2.9.0\00\00\00\00\00\00\00\00\00\00\00"}, tfl.schema_version = 3 : i32} {
  func.func @main(%arg0: tensor<1x16xi32> {tf_saved_model.index_path = ["input_ids"]}, %arg1: tensor<1x16xi32> {tf_saved_model.index_path = ["token_type_ids"]}) -> (tensor<1x16x64xf32> {tf_saved_model.index_path = ["output"]}) attributes {tf.entry_function = {inputs = "serving_default_input_ids:0,serving_default_token_type_ids:0", outputs = "StatefulPartitionedCall:0"}, tf_saved_model.exported_names = ["serving_default"]} {
    %0 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<1x1x64xf32>}> : () -> tensor<1x1x64xf32>
    %1 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<1x1x64xf32>}> : () -> tensor<1x1x64xf32>
    %2 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64x1x1x128xf32>}> : () -> tensor<64x1x1x128xf32>
    %3 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<128x1x1x64xf32>}> : () -> tensor<128x1x1x64xf32>
    %4 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<1x1x64xf32>}> : () -> tensor<1x1x64xf32>
    %5 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<1x1x64xf32>}> : () -> tensor<1x1x64xf32>
    %6 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64x1x1x64xf32>}> : () -> tensor<64x1x1x64xf32>
    %7 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64x1x1x64xf32>}> : () -> tensor<64x1x1x64xf32>
    %8 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64x1x1x64xf32>}> : () -> tensor<64x1x1x64xf32>
    %9 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64x1x1x64xf32>}> : () -> tensor<64x1x1x64xf32>
    %10 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<1x1x64xf32>}> : () -> tensor<1x1x64xf32>
    %11 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<1x1x64xf32>}> : () -> tensor<1x1x64xf32>
    %12 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64x1x1x128xf32>}> : () -> tensor<64x1x1x128xf32>
    %13 = tosa.const_shape  {values = dense<[16, 1, 1, 128]> : tensor<4xindex>} : () -> !tosa.shape<4>
    %14 = "tosa.const"() <{values = dense<5.000000e-01> : tensor<1x1x1xf32>}> : () -> tensor<1x1x1xf32>
    %15 = "tosa.const"() <{values = dense<1.000000e+00> : tensor<1x1x1xf32>}> : () -> tensor<1x1x1xf32>
    %16 = "tosa.const"() <{values = dense<0.797884583> : tensor<1x1x1xf32>}> : () -> tensor<1x1x1xf32>
    %17 = "tosa.const"() <{values = dense<4.471500e-02> : tensor<1x1x1xf32>}> : () -> tensor<1x1x1xf32>
    %18 = "tosa.const"() <{values = dense<3.000000e+00> : tensor<1x1x1xf32>}> : () -> tensor<1x1x1xf32>
    %19 = tosa.const_shape  {values = dense<[1, 16, 128]> : tensor<3xindex>} : () -> !tosa.shape<3>
    %20 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<128x1x1x64xf32>}> : () -> tensor<128x1x1x64xf32>
    %21 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<1x1x64xf32>}> : () -> tensor<1x1x64xf32>
    %22 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<1x1x64xf32>}> : () -> tensor<1x1x64xf32>
    %23 = tosa.const_shape  {values = dense<[1, 16, 64]> : tensor<3xindex>} : () -> !tosa.shape<3>
    %24 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64x1x1x64xf32>}> : () -> tensor<64x1x1x64xf32>
    %25 = "tosa.const"() <{values = dense<2.500000e-01> : tensor<1x1x1x1xf32>}> : () -> tensor<1x1x1x1xf32>
    %26 = tosa.const_shape  {values = dense<[1, 4, 16, 16]> : tensor<4xindex>} : () -> !tosa.shape<4>
    %27 = tosa.const_shape  {values = dense<[4, 16, 16]> : tensor<3xindex>} : () -> !tosa.shape<3>
    %28 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64x1x1x64xf32>}> : () -> tensor<64x1x1x64xf32>
    %29 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64x1x1x64xf32>}> : () -> tensor<64x1x1x64xf32>
    %30 = tosa.const_shape  {values = dense<[1, 16, 4, 16]> : tensor<4xindex>} : () -> !tosa.shape<4>
    %31 = "tosa.const"() <{values = dense<0.000000e+00> : tensor<1xf32>}> : () -> tensor<1xf32>
    %32 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64x1x1x64xf32>}> : () -> tensor<64x1x1x64xf32>
    %33 = tosa.const_shape  {values = dense<[16, 1, 1, 64]> : tensor<4xindex>} : () -> !tosa.shape<4>
    %34 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<1x1x64xf32>}> : () -> tensor<1x1x64xf32>
    %35 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<1x1x64xf32>}> : () -> tensor<1x1x64xf32>
    %36 = "tosa.const"() <{values = dense<9.99999996E-13> : tensor<1x1x1xf32>}> : () -> tensor<1x1x1xf32>
    %37 = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
    %38 = "tosa.const"() <{values = dense<1.562500e-02> : tensor<1x1x1xf32>}> : () -> tensor<1x1x1xf32>
    %39 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<1x16x64xf32>}> : () -> tensor<1x16x64xf32>
    %40 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<1x2x64xf32>}> : () -> tensor<1x2x64xf32>
    %41 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64xf32>}> : () -> tensor<64xf32>
    %42 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<128xf32>}> : () -> tensor<128xf32>
    %43 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64xf32>}> : () -> tensor<64xf32>
    %44 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64xf32>}> : () -> tensor<64xf32>
    %45 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64xf32>}> : () -> tensor<64xf32>
    %46 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64xf32>}> : () -> tensor<64xf32>
    %47 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64xf32>}> : () -> tensor<64xf32>
    %48 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<128xf32>}> : () -> tensor<128xf32>
    %49 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64xf32>}> : () -> tensor<64xf32>
    %50 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64xf32>}> : () -> tensor<64xf32>
    %51 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64xf32>}> : () -> tensor<64xf32>
    %52 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64xf32>}> : () -> tensor<64xf32>
    %53 = "tosa.const"() <{values = dense_resource<__elided__> : tensor<1x100x64xf32>}> : () -> tensor<1x100x64xf32>
    %54 = tosa.gather %53, %arg0 : (tensor<1x100x64xf32>, tensor<1x16xi32>) -> tensor<1x16x64xf32>
    %55 = tosa.gather %40, %arg1 : (tensor<1x2x64xf32>, tensor<1x16xi32>) -> tensor<1x16x64xf32>
    %56 = tosa.add %54, %55 : (tensor<1x16x64xf32>, tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %57 = tosa.add %56, %39 : (tensor<1x16x64xf32>, tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %58 = tosa.reduce_sum %57 {axis = 2 : i32} : (tensor<1x16x64xf32>) -> tensor<1x16x1xf32>
    %59 = tosa.mul %58, %38, %37 : (tensor<1x16x1xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x1xf32>
    %60 = tosa.sub %57, %59 : (tensor<1x16x64xf32>, tensor<1x16x1xf32>) -> tensor<1x16x64xf32>
    %61 = tosa.mul %60, %60, %37 : (tensor<1x16x64xf32>, tensor<1x16x64xf32>, tensor<1xi8>) -> tensor<1x16x64xf32>
    %62 = tosa.reduce_sum %61 {axis = 2 : i32} : (tensor<1x16x64xf32>) -> tensor<1x16x1xf32>
    %63 = tosa.mul %62, %38, %37 : (tensor<1x16x1xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x1xf32>
    %64 = tosa.add %63, %36 : (tensor<1x16x1xf32>, tensor<1x1x1xf32>) -> tensor<1x16x1xf32>
    %65 = tosa.rsqrt %64 : (tensor<1x16x1xf32>) -> tensor<1x16x1xf32>
    %66 = tosa.sub %57, %59 : (tensor<1x16x64xf32>, tensor<1x16x1xf32>) -> tensor<1x16x64xf32>
    %67 = tosa.mul %66, %65, %37 : (tensor<1x16x64xf32>, tensor<1x16x1xf32>, tensor<1xi8>) -> tensor<1x16x64xf32>
    %68 = tosa.mul %67, %35, %37 : (tensor<1x16x64xf32>, tensor<1x1x64xf32>, tensor<1xi8>) -> tensor<1x16x64xf32>
    %69 = tosa.add %68, %34 : (tensor<1x16x64xf32>, tensor<1x1x64xf32>) -> tensor<1x16x64xf32>
    %70 = tosa.reshape %67, %33 : (tensor<1x16x64xf32>, !tosa.shape<4>) -> tensor<16x1x1x64xf32>
    %71 = tosa.conv2d %70, %32, %52, %31, %31 {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<16x1x1x64xf32>, tensor<64x1x1x64xf32>, tensor<64xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<16x1x1x64xf32>
    %72 = tosa.reshape %71, %30 : (tensor<16x1x1x64xf32>, !tosa.shape<4>) -> tensor<1x16x4x16xf32>
    %73 = tosa.reshape %67, %33 : (tensor<1x16x64xf32>, !tosa.shape<4>) -> tensor<16x1x1x64xf32>
    %74 = tosa.conv2d %73, %29, %51, %31, %31 {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<16x1x1x64xf32>, tensor<64x1x1x64xf32>, tensor<64xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<16x1x1x64xf32>
    %75 = tosa.reshape %74, %30 : (tensor<16x1x1x64xf32>, !tosa.shape<4>) -> tensor<1x16x4x16xf32>
    %76 = tosa.reshape %67, %33 : (tensor<1x16x64xf32>, !tosa.shape<4>) -> tensor<16x1x1x64xf32>
    %77 = tosa.conv2d %76, %28, %50, %31, %31 {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<16x1x1x64xf32>, tensor<64x1x1x64xf32>, tensor<64xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<16x1x1x64xf32>
    %78 = tosa.reshape %77, %30 : (tensor<16x1x1x64xf32>, !tosa.shape<4>) -> tensor<1x16x4x16xf32>
    %79 = tosa.transpose %72 {perms = array<i32: 0, 2, 1, 3>} : (tensor<1x16x4x16xf32>) -> tensor<1x4x16x16xf32>
    %80 = tosa.transpose %75 {perms = array<i32: 0, 2, 1, 3>} : (tensor<1x16x4x16xf32>) -> tensor<1x4x16x16xf32>
    %81 = tosa.reshape %79, %27 : (tensor<1x4x16x16xf32>, !tosa.shape<3>) -> tensor<4x16x16xf32>
    %82 = tosa.reshape %80, %27 : (tensor<1x4x16x16xf32>, !tosa.shape<3>) -> tensor<4x16x16xf32>
    %83 = tosa.transpose %82 {perms = array<i32: 0, 2, 1>} : (tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %84 = tosa.matmul %81, %83, %31, %31 : (tensor<4x16x16xf32>, tensor<4x16x16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<4x16x16xf32>
    %85 = tosa.reshape %84, %26 : (tensor<4x16x16xf32>, !tosa.shape<4>) -> tensor<1x4x16x16xf32>
    %86 = tosa.transpose %78 {perms = array<i32: 0, 2, 1, 3>} : (tensor<1x16x4x16xf32>) -> tensor<1x4x16x16xf32>
    %87 = tosa.mul %85, %25, %37 : (tensor<1x4x16x16xf32>, tensor<1x1x1x1xf32>, tensor<1xi8>) -> tensor<1x4x16x16xf32>
    %88 = tosa.reduce_max %87 {axis = 3 : i32} : (tensor<1x4x16x16xf32>) -> tensor<1x4x16x1xf32>
    %89 = tosa.sub %87, %88 : (tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) -> tensor<1x4x16x16xf32>
    %90 = tosa.exp %89 : (tensor<1x4x16x16xf32>) -> tensor<1x4x16x16xf32>
    %91 = tosa.reduce_sum %90 {axis = 3 : i32} : (tensor<1x4x16x16xf32>) -> tensor<1x4x16x1xf32>
    %92 = tosa.reciprocal %91 : (tensor<1x4x16x1xf32>) -> tensor<1x4x16x1xf32>
    %93 = tosa.mul %90, %92, %37 : (tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>, tensor<1xi8>) -> tensor<1x4x16x16xf32>
    %94 = tosa.reshape %93, %27 : (tensor<1x4x16x16xf32>, !tosa.shape<3>) -> tensor<4x16x16xf32>
    %95 = tosa.reshape %86, %27 : (tensor<1x4x16x16xf32>, !tosa.shape<3>) -> tensor<4x16x16xf32>
    %96 = tosa.matmul %94, %95, %31, %31 : (tensor<4x16x16xf32>, tensor<4x16x16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<4x16x16xf32>
    %97 = tosa.reshape %96, %26 : (tensor<4x16x16xf32>, !tosa.shape<4>) -> tensor<1x4x16x16xf32>
    %98 = tosa.transpose %97 {perms = array<i32: 0, 2, 1, 3>} : (tensor<1x4x16x16xf32>) -> tensor<1x16x4x16xf32>
    %99 = tosa.reshape %98, %33 : (tensor<1x16x4x16xf32>, !tosa.shape<4>) -> tensor<16x1x1x64xf32>
    %100 = tosa.conv2d %99, %24, %49, %31, %31 {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<16x1x1x64xf32>, tensor<64x1x1x64xf32>, tensor<64xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<16x1x1x64xf32>
    %101 = tosa.reshape %100, %23 : (tensor<16x1x1x64xf32>, !tosa.shape<3>) -> tensor<1x16x64xf32>
    %102 = tosa.add %69, %101 : (tensor<1x16x64xf32>, tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %103 = tosa.reduce_sum %102 {axis = 2 : i32} : (tensor<1x16x64xf32>) -> tensor<1x16x1xf32>
    %104 = tosa.mul %103, %38, %37 : (tensor<1x16x1xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x1xf32>
    %105 = tosa.sub %102, %104 : (tensor<1x16x64xf32>, tensor<1x16x1xf32>) -> tensor<1x16x64xf32>
    %106 = tosa.mul %105, %105, %37 : (tensor<1x16x64xf32>, tensor<1x16x64xf32>, tensor<1xi8>) -> tensor<1x16x64xf32>
    %107 = tosa.reduce_sum %106 {axis = 2 : i32} : (tensor<1x16x64xf32>) -> tensor<1x16x1xf32>
    %108 = tosa.mul %107, %38, %37 : (tensor<1x16x1xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x1xf32>
    %109 = tosa.add %108, %36 : (tensor<1x16x1xf32>, tensor<1x1x1xf32>) -> tensor<1x16x1xf32>
    %110 = tosa.rsqrt %109 : (tensor<1x16x1xf32>) -> tensor<1x16x1xf32>
    %111 = tosa.sub %102, %104 : (tensor<1x16x64xf32>, tensor<1x16x1xf32>) -> tensor<1x16x64xf32>
    %112 = tosa.mul %111, %110, %37 : (tensor<1x16x64xf32>, tensor<1x16x1xf32>, tensor<1xi8>) -> tensor<1x16x64xf32>
    %113 = tosa.mul %112, %22, %37 : (tensor<1x16x64xf32>, tensor<1x1x64xf32>, tensor<1xi8>) -> tensor<1x16x64xf32>
    %114 = tosa.add %113, %21 : (tensor<1x16x64xf32>, tensor<1x1x64xf32>) -> tensor<1x16x64xf32>
    %115 = tosa.reshape %112, %33 : (tensor<1x16x64xf32>, !tosa.shape<4>) -> tensor<16x1x1x64xf32>
    %116 = tosa.conv2d %115, %20, %48, %31, %31 {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<16x1x1x64xf32>, tensor<128x1x1x64xf32>, tensor<128xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<16x1x1x128xf32>
    %117 = tosa.reshape %116, %19 : (tensor<16x1x1x128xf32>, !tosa.shape<3>) -> tensor<1x16x128xf32>
    %118 = tosa.pow %117, %18 : (tensor<1x16x128xf32>, tensor<1x1x1xf32>) -> tensor<1x16x128xf32>
    %119 = tosa.mul %118, %17, %37 : (tensor<1x16x128xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x128xf32>
    %120 = tosa.add %117, %119 : (tensor<1x16x128xf32>, tensor<1x16x128xf32>) -> tensor<1x16x128xf32>
    %121 = tosa.mul %120, %16, %37 : (tensor<1x16x128xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x128xf32>
    %122 = tosa.tanh %121 : (tensor<1x16x128xf32>) -> tensor<1x16x128xf32>
    %123 = tosa.add %122, %15 : (tensor<1x16x128xf32>, tensor<1x1x1xf32>) -> tensor<1x16x128xf32>
    %124 = tosa.mul %117, %14, %37 : (tensor<1x16x128xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x128xf32>
    %125 = tosa.mul %124, %123, %37 : (tensor<1x16x128xf32>, tensor<1x16x128xf32>, tensor<1xi8>) -> tensor<1x16x128xf32>
    %126 = tosa.reshape %125, %13 : (tensor<1x16x128xf32>, !tosa.shape<4>) -> tensor<16x1x1x128xf32>
    %127 = tosa.conv2d %126, %12, %47, %31, %31 {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<16x1x1x128xf32>, tensor<64x1x1x128xf32>, tensor<64xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<16x1x1x64xf32>
    %128 = tosa.reshape %127, %23 : (tensor<16x1x1x64xf32>, !tosa.shape<3>) -> tensor<1x16x64xf32>
    %129 = tosa.add %114, %128 : (tensor<1x16x64xf32>, tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %130 = tosa.reduce_sum %129 {axis = 2 : i32} : (tensor<1x16x64xf32>) -> tensor<1x16x1xf32>
    %131 = tosa.mul %130, %38, %37 : (tensor<1x16x1xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x1xf32>
    %132 = tosa.sub %129, %131 : (tensor<1x16x64xf32>, tensor<1x16x1xf32>) -> tensor<1x16x64xf32>
    %133 = tosa.mul %132, %132, %37 : (tensor<1x16x64xf32>, tensor<1x16x64xf32>, tensor<1xi8>) -> tensor<1x16x64xf32>
    %134 = tosa.reduce_sum %133 {axis = 2 : i32} : (tensor<1x16x64xf32>) -> tensor<1x16x1xf32>
    %135 = tosa.mul %134, %38, %37 : (tensor<1x16x1xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x1xf32>
    %136 = tosa.add %135, %36 : (tensor<1x16x1xf32>, tensor<1x1x1xf32>) -> tensor<1x16x1xf32>
    %137 = tosa.rsqrt %136 : (tensor<1x16x1xf32>) -> tensor<1x16x1xf32>
    %138 = tosa.sub %129, %131 : (tensor<1x16x64xf32>, tensor<1x16x1xf32>) -> tensor<1x16x64xf32>
    %139 = tosa.mul %138, %137, %37 : (tensor<1x16x64xf32>, tensor<1x16x1xf32>, tensor<1xi8>) -> tensor<1x16x64xf32>
    %140 = tosa.mul %139, %11, %37 : (tensor<1x16x64xf32>, tensor<1x1x64xf32>, tensor<1xi8>) -> tensor<1x16x64xf32>
    %141 = tosa.add %140, %10 : (tensor<1x16x64xf32>, tensor<1x1x64xf32>) -> tensor<1x16x64xf32>
    %142 = tosa.reshape %139, %33 : (tensor<1x16x64xf32>, !tosa.shape<4>) -> tensor<16x1x1x64xf32>
    %143 = tosa.conv2d %142, %9, %46, %31, %31 {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<16x1x1x64xf32>, tensor<64x1x1x64xf32>, tensor<64xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<16x1x1x64xf32>
    %144 = tosa.reshape %143, %30 : (tensor<16x1x1x64xf32>, !tosa.shape<4>) -> tensor<1x16x4x16xf32>
    %145 = tosa.transpose %144 {perms = array<i32: 0, 2, 1, 3>} : (tensor<1x16x4x16xf32>) -> tensor<1x4x16x16xf32>
    %146 = tosa.reshape %139, %33 : (tensor<1x16x64xf32>, !tosa.shape<4>) -> tensor<16x1x1x64xf32>
    %147 = tosa.conv2d %146, %8, %45, %31, %31 {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<16x1x1x64xf32>, tensor<64x1x1x64xf32>, tensor<64xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<16x1x1x64xf32>
    %148 = tosa.reshape %147, %30 : (tensor<16x1x1x64xf32>, !tosa.shape<4>) -> tensor<1x16x4x16xf32>
    %149 = tosa.transpose %148 {perms = array<i32: 0, 2, 1, 3>} : (tensor<1x16x4x16xf32>) -> tensor<1x4x16x16xf32>
    %150 = tosa.reshape %145, %27 : (tensor<1x4x16x16xf32>, !tosa.shape<3>) -> tensor<4x16x16xf32>
    %151 = tosa.reshape %149, %27 : (tensor<1x4x16x16xf32>, !tosa.shape<3>) -> tensor<4x16x16xf32>
    %152 = tosa.transpose %151 {perms = array<i32: 0, 2, 1>} : (tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %153 = tosa.matmul %150, %152, %31, %31 : (tensor<4x16x16xf32>, tensor<4x16x16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<4x16x16xf32>
    %154 = tosa.reshape %153, %26 : (tensor<4x16x16xf32>, !tosa.shape<4>) -> tensor<1x4x16x16xf32>
    %155 = tosa.reshape %139, %33 : (tensor<1x16x64xf32>, !tosa.shape<4>) -> tensor<16x1x1x64xf32>
    %156 = tosa.conv2d %155, %7, %44, %31, %31 {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<16x1x1x64xf32>, tensor<64x1x1x64xf32>, tensor<64xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<16x1x1x64xf32>
    %157 = tosa.reshape %156, %30 : (tensor<16x1x1x64xf32>, !tosa.shape<4>) -> tensor<1x16x4x16xf32>
    %158 = tosa.transpose %157 {perms = array<i32: 0, 2, 1, 3>} : (tensor<1x16x4x16xf32>) -> tensor<1x4x16x16xf32>
    %159 = tosa.mul %154, %25, %37 : (tensor<1x4x16x16xf32>, tensor<1x1x1x1xf32>, tensor<1xi8>) -> tensor<1x4x16x16xf32>
    %160 = tosa.reduce_max %159 {axis = 3 : i32} : (tensor<1x4x16x16xf32>) -> tensor<1x4x16x1xf32>
    %161 = tosa.sub %159, %160 : (tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) -> tensor<1x4x16x16xf32>
    %162 = tosa.exp %161 : (tensor<1x4x16x16xf32>) -> tensor<1x4x16x16xf32>
    %163 = tosa.reduce_sum %162 {axis = 3 : i32} : (tensor<1x4x16x16xf32>) -> tensor<1x4x16x1xf32>
    %164 = tosa.reciprocal %163 : (tensor<1x4x16x1xf32>) -> tensor<1x4x16x1xf32>
    %165 = tosa.mul %162, %164, %37 : (tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>, tensor<1xi8>) -> tensor<1x4x16x16xf32>
    %166 = tosa.reshape %165, %27 : (tensor<1x4x16x16xf32>, !tosa.shape<3>) -> tensor<4x16x16xf32>
    %167 = tosa.reshape %158, %27 : (tensor<1x4x16x16xf32>, !tosa.shape<3>) -> tensor<4x16x16xf32>
    %168 = tosa.matmul %166, %167, %31, %31 : (tensor<4x16x16xf32>, tensor<4x16x16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<4x16x16xf32>
    %169 = tosa.reshape %168, %26 : (tensor<4x16x16xf32>, !tosa.shape<4>) -> tensor<1x4x16x16xf32>
    %170 = tosa.transpose %169 {perms = array<i32: 0, 2, 1, 3>} : (tensor<1x4x16x16xf32>) -> tensor<1x16x4x16xf32>
    %171 = tosa.reshape %170, %33 : (tensor<1x16x4x16xf32>, !tosa.shape<4>) -> tensor<16x1x1x64xf32>
    %172 = tosa.conv2d %171, %6, %43, %31, %31 {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<16x1x1x64xf32>, tensor<64x1x1x64xf32>, tensor<64xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<16x1x1x64xf32>
    %173 = tosa.reshape %172, %23 : (tensor<16x1x1x64xf32>, !tosa.shape<3>) -> tensor<1x16x64xf32>
    %174 = tosa.add %141, %173 : (tensor<1x16x64xf32>, tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %175 = tosa.reduce_sum %174 {axis = 2 : i32} : (tensor<1x16x64xf32>) -> tensor<1x16x1xf32>
    %176 = tosa.mul %175, %38, %37 : (tensor<1x16x1xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x1xf32>
    %177 = tosa.sub %174, %176 : (tensor<1x16x64xf32>, tensor<1x16x1xf32>) -> tensor<1x16x64xf32>
    %178 = tosa.mul %177, %177, %37 : (tensor<1x16x64xf32>, tensor<1x16x64xf32>, tensor<1xi8>) -> tensor<1x16x64xf32>
    %179 = tosa.reduce_sum %178 {axis = 2 : i32} : (tensor<1x16x64xf32>) -> tensor<1x16x1xf32>
    %180 = tosa.mul %179, %38, %37 : (tensor<1x16x1xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x1xf32>
    %181 = tosa.add %180, %36 : (tensor<1x16x1xf32>, tensor<1x1x1xf32>) -> tensor<1x16x1xf32>
    %182 = tosa.rsqrt %181 : (tensor<1x16x1xf32>) -> tensor<1x16x1xf32>
    %183 = tosa.sub %174, %176 : (tensor<1x16x64xf32>, tensor<1x16x1xf32>) -> tensor<1x16x64xf32>
    %184 = tosa.mul %183, %182, %37 : (tensor<1x16x64xf32>, tensor<1x16x1xf32>, tensor<1xi8>) -> tensor<1x16x64xf32>
    %185 = tosa.mul %184, %5, %37 : (tensor<1x16x64xf32>, tensor<1x1x64xf32>, tensor<1xi8>) -> tensor<1x16x64xf32>
    %186 = tosa.add %185, %4 : (tensor<1x16x64xf32>, tensor<1x1x64xf32>) -> tensor<1x16x64xf32>
    %187 = tosa.reshape %184, %33 : (tensor<1x16x64xf32>, !tosa.shape<4>) -> tensor<16x1x1x64xf32>
    %188 = tosa.conv2d %187, %3, %42, %31, %31 {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<16x1x1x64xf32>, tensor<128x1x1x64xf32>, tensor<128xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<16x1x1x128xf32>
    %189 = tosa.reshape %188, %19 : (tensor<16x1x1x128xf32>, !tosa.shape<3>) -> tensor<1x16x128xf32>
    %190 = tosa.pow %189, %18 : (tensor<1x16x128xf32>, tensor<1x1x1xf32>) -> tensor<1x16x128xf32>
    %191 = tosa.mul %190, %17, %37 : (tensor<1x16x128xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x128xf32>
    %192 = tosa.add %189, %191 : (tensor<1x16x128xf32>, tensor<1x16x128xf32>) -> tensor<1x16x128xf32>
    %193 = tosa.mul %192, %16, %37 : (tensor<1x16x128xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x128xf32>
    %194 = tosa.tanh %193 : (tensor<1x16x128xf32>) -> tensor<1x16x128xf32>
    %195 = tosa.add %194, %15 : (tensor<1x16x128xf32>, tensor<1x1x1xf32>) -> tensor<1x16x128xf32>
    %196 = tosa.mul %189, %14, %37 : (tensor<1x16x128xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x128xf32>
    %197 = tosa.mul %196, %195, %37 : (tensor<1x16x128xf32>, tensor<1x16x128xf32>, tensor<1xi8>) -> tensor<1x16x128xf32>
    %198 = tosa.reshape %197, %13 : (tensor<1x16x128xf32>, !tosa.shape<4>) -> tensor<16x1x1x128xf32>
    %199 = tosa.conv2d %198, %2, %41, %31, %31 {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<16x1x1x128xf32>, tensor<64x1x1x128xf32>, tensor<64xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<16x1x1x64xf32>
    %200 = tosa.reshape %199, %23 : (tensor<16x1x1x64xf32>, !tosa.shape<3>) -> tensor<1x16x64xf32>
    %201 = tosa.add %186, %200 : (tensor<1x16x64xf32>, tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
    %202 = tosa.reduce_sum %201 {axis = 2 : i32} : (tensor<1x16x64xf32>) -> tensor<1x16x1xf32>
    %203 = tosa.mul %202, %38, %37 : (tensor<1x16x1xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x1xf32>
    %204 = tosa.sub %201, %203 : (tensor<1x16x64xf32>, tensor<1x16x1xf32>) -> tensor<1x16x64xf32>
    %205 = tosa.mul %204, %204, %37 : (tensor<1x16x64xf32>, tensor<1x16x64xf32>, tensor<1xi8>) -> tensor<1x16x64xf32>
    %206 = tosa.reduce_sum %205 {axis = 2 : i32} : (tensor<1x16x64xf32>) -> tensor<1x16x1xf32>
    %207 = tosa.mul %206, %38, %37 : (tensor<1x16x1xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<1x16x1xf32>
    %208 = tosa.add %207, %36 : (tensor<1x16x1xf32>, tensor<1x1x1xf32>) -> tensor<1x16x1xf32>
    %209 = tosa.rsqrt %208 : (tensor<1x16x1xf32>) -> tensor<1x16x1xf32>
    %210 = tosa.sub %201, %203 : (tensor<1x16x64xf32>, tensor<1x16x1xf32>) -> tensor<1x16x64xf32>
    %211 = tosa.mul %210, %209, %37 : (tensor<1x16x64xf32>, tensor<1x16x1xf32>, tensor<1xi8>) -> tensor<1x16x64xf32>
    %212 = tosa.mul %211, %1, %37 : (tensor<1x16x64xf32>, tensor<1x1x64xf32>, tensor<1xi8>) -> tensor<1x16x64xf32>
    %213 = tosa.add %212, %0 : (tensor<1x16x64xf32>, tensor<1x1x64xf32>) -> tensor<1x16x64xf32>
    return %213 : tensor<1x16x64xf32>
  }
}
