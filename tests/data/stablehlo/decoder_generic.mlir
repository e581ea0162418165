"builtin.module"() <{sym_name = "jit_decoder"}> ({
  "func.func"() <{arg_attrs = [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {tf.aliasing_output = 1 : i32}, {tf.aliasing_output = 2 : i32}, {}], function_type = (tensor<4096x1024xbf16>, tensor<1024x4096xbf16>, tensor<1024x1024xbf16>, tensor<1024xbf16>, tensor<1024xbf16>, tensor<1024x1024xbf16>, tensor<1024x1024xbf16>, tensor<1024x4096xbf16>, tensor<1024x1024xbf16>, tensor<1x8x1024xbf16>, tensor<1x256x16x64xbf16>, tensor<1x256x16x64xbf16>, tensor<i32>) -> (tensor<1x8x1024xbf16>, tensor<1x256x16x64xbf16>, tensor<1x256x16x64xbf16>), res_attrs = [{jax.result_info = "result[0]"}, {jax.result_info = "result[1]['key']"}, {jax.result_info = "result[1]['value']"}], sym_name = "main", sym_visibility = "public"}> ({
  ^bb0(%arg4: tensor<4096x1024xbf16>, %arg5: tensor<1024x4096xbf16>, %arg6: tensor<1024x1024xbf16>, %arg7: tensor<1024xbf16>, %arg8: tensor<1024xbf16>, %arg9: tensor<1024x1024xbf16>, %arg10: tensor<1024x1024xbf16>, %arg11: tensor<1024x4096xbf16>, %arg12: tensor<1024x1024xbf16>, %arg13: tensor<1x8x1024xbf16>, %arg14: tensor<1x256x16x64xbf16>, %arg15: tensor<1x256x16x64xbf16>, %arg16: tensor<i32>):
    %13 = "stablehlo.convert"(%arg13) : (tensor<1x8x1024xbf16>) -> tensor<1x8x1024xf32>
    %14 = "stablehlo.multiply"(%13, %13) : (tensor<1x8x1024xf32>, tensor<1x8x1024xf32>) -> tensor<1x8x1024xf32>
    %15 = "stablehlo.constant"() <{value = dense<0.000000e+00> : tensor<f32>}> : () -> tensor<f32>
    %16 = "stablehlo.reduce"(%14, %15) <{dimensions = array<i64: 2>}> ({
    ^bb0(%arg23: tensor<f32>, %arg24: tensor<f32>):
      %202 = "stablehlo.add"(%arg23, %arg24) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%202) : (tensor<f32>) -> ()
    }) : (tensor<1x8x1024xf32>, tensor<f32>) -> tensor<1x8xf32>
    %17 = "stablehlo.broadcast_in_dim"(%16) <{broadcast_dimensions = array<i64: 0, 1>}> : (tensor<1x8xf32>) -> tensor<1x8x1xf32>
    %18 = "stablehlo.constant"() <{value = dense<1.024000e+03> : tensor<f32>}> : () -> tensor<f32>
    %19 = "stablehlo.broadcast_in_dim"(%18) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x8x1xf32>
    %20 = "stablehlo.divide"(%17, %19) : (tensor<1x8x1xf32>, tensor<1x8x1xf32>) -> tensor<1x8x1xf32>
    %21 = "stablehlo.constant"() <{value = dense<9.99999997E-7> : tensor<f32>}> : () -> tensor<f32>
    %22 = "stablehlo.broadcast_in_dim"(%21) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x8x1xf32>
    %23 = "stablehlo.add"(%20, %22) : (tensor<1x8x1xf32>, tensor<1x8x1xf32>) -> tensor<1x8x1xf32>
    %24 = "stablehlo.rsqrt"(%23) : (tensor<1x8x1xf32>) -> tensor<1x8x1xf32>
    %25 = "stablehlo.broadcast_in_dim"(%24) <{broadcast_dimensions = array<i64: 0, 1, 2>}> : (tensor<1x8x1xf32>) -> tensor<1x8x1024xf32>
    %26 = "stablehlo.multiply"(%13, %25) : (tensor<1x8x1024xf32>, tensor<1x8x1024xf32>) -> tensor<1x8x1024xf32>
    %27 = "stablehlo.convert"(%26) : (tensor<1x8x1024xf32>) -> tensor<1x8x1024xbf16>
    %28 = "stablehlo.broadcast_in_dim"(%arg7) <{broadcast_dimensions = array<i64: 2>}> : (tensor<1024xbf16>) -> tensor<1x1x1024xbf16>
    %29 = "stablehlo.broadcast_in_dim"(%28) <{broadcast_dimensions = array<i64: 0, 1, 2>}> : (tensor<1x1x1024xbf16>) -> tensor<1x8x1024xbf16>
    %30 = "stablehlo.multiply"(%27, %29) : (tensor<1x8x1024xbf16>, tensor<1x8x1024xbf16>) -> tensor<1x8x1024xbf16>
    %31 = "stablehlo.dot_general"(%30, %arg10) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]}> : (tensor<1x8x1024xbf16>, tensor<1024x1024xbf16>) -> tensor<1x8x1024xbf16>
    %32 = "stablehlo.reshape"(%31) : (tensor<1x8x1024xbf16>) -> tensor<1x8x16x64xbf16>
    %33 = "stablehlo.dot_general"(%30, %arg6) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]}> : (tensor<1x8x1024xbf16>, tensor<1024x1024xbf16>) -> tensor<1x8x1024xbf16>
    %34 = "stablehlo.reshape"(%33) : (tensor<1x8x1024xbf16>) -> tensor<1x8x16x64xbf16>
    %35 = "stablehlo.dot_general"(%30, %arg12) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]}> : (tensor<1x8x1024xbf16>, tensor<1024x1024xbf16>) -> tensor<1x8x1024xbf16>
    %36 = "stablehlo.reshape"(%35) : (tensor<1x8x1024xbf16>) -> tensor<1x8x16x64xbf16>
    %37 = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<8xi32>
    %38 = "stablehlo.broadcast_in_dim"(%arg16) <{broadcast_dimensions = array<i64>}> : (tensor<i32>) -> tensor<8xi32>
    %39 = "stablehlo.add"(%38, %37) : (tensor<8xi32>, tensor<8xi32>) -> tensor<8xi32>
    %40 = "stablehlo.broadcast_in_dim"(%39) <{broadcast_dimensions = array<i64: 0>}> : (tensor<8xi32>) -> tensor<8x1xi32>
    %41 = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<32xi32>
    %42 = "stablehlo.constant"() <{value = dense<2> : tensor<i32>}> : () -> tensor<i32>
    %43 = "stablehlo.broadcast_in_dim"(%42) <{broadcast_dimensions = array<i64>}> : (tensor<i32>) -> tensor<32xi32>
    %44 = "stablehlo.multiply"(%43, %41) : (tensor<32xi32>, tensor<32xi32>) -> tensor<32xi32>
    %45 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %46 = "stablehlo.broadcast_in_dim"(%45) <{broadcast_dimensions = array<i64>}> : (tensor<i32>) -> tensor<32xi32>
    %47 = "stablehlo.add"(%46, %44) : (tensor<32xi32>, tensor<32xi32>) -> tensor<32xi32>
    %48 = "stablehlo.convert"(%47) : (tensor<32xi32>) -> tensor<32xf32>
    %49 = "stablehlo.constant"() <{value = dense<6.400000e+01> : tensor<f32>}> : () -> tensor<f32>
    %50 = "stablehlo.broadcast_in_dim"(%49) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<32xf32>
    %51 = "stablehlo.divide"(%48, %50) : (tensor<32xf32>, tensor<32xf32>) -> tensor<32xf32>
    %52 = "stablehlo.constant"() <{value = dense<1.000000e+04> : tensor<f32>}> : () -> tensor<f32>
    %53 = "stablehlo.broadcast_in_dim"(%52) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<32xf32>
    %54 = "stablehlo.power"(%53, %51) : (tensor<32xf32>, tensor<32xf32>) -> tensor<32xf32>
    %55 = "stablehlo.convert"(%40) : (tensor<8x1xi32>) -> tensor<8x1xf32>
    %56 = "stablehlo.broadcast_in_dim"(%54) <{broadcast_dimensions = array<i64: 1>}> : (tensor<32xf32>) -> tensor<1x32xf32>
    %57 = "stablehlo.broadcast_in_dim"(%55) <{broadcast_dimensions = array<i64: 0, 1>}> : (tensor<8x1xf32>) -> tensor<8x32xf32>
    %58 = "stablehlo.broadcast_in_dim"(%56) <{broadcast_dimensions = array<i64: 0, 1>}> : (tensor<1x32xf32>) -> tensor<8x32xf32>
    %59 = "stablehlo.divide"(%57, %58) : (tensor<8x32xf32>, tensor<8x32xf32>) -> tensor<8x32xf32>
    %60 = "stablehlo.sine"(%59) : (tensor<8x32xf32>) -> tensor<8x32xf32>
    %61 = "stablehlo.broadcast_in_dim"(%60) <{broadcast_dimensions = array<i64: 1, 3>}> : (tensor<8x32xf32>) -> tensor<1x8x1x32xf32>
    %62 = "stablehlo.cosine"(%59) : (tensor<8x32xf32>) -> tensor<8x32xf32>
    %63 = "stablehlo.broadcast_in_dim"(%62) <{broadcast_dimensions = array<i64: 1, 3>}> : (tensor<8x32xf32>) -> tensor<1x8x1x32xf32>
    %64 = "stablehlo.convert"(%34) : (tensor<1x8x16x64xbf16>) -> tensor<1x8x16x64xf32>
    %65 = "stablehlo.slice"(%64) <{limit_indices = array<i64: 1, 8, 16, 32>, start_indices = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1, 1, 1>}> : (tensor<1x8x16x64xf32>) -> tensor<1x8x16x32xf32>
    %66 = "stablehlo.slice"(%64) <{limit_indices = array<i64: 1, 8, 16, 64>, start_indices = array<i64: 0, 0, 0, 32>, strides = array<i64: 1, 1, 1, 1>}> : (tensor<1x8x16x64xf32>) -> tensor<1x8x16x32xf32>
    %67 = "stablehlo.broadcast_in_dim"(%63) <{broadcast_dimensions = array<i64: 0, 1, 2, 3>}> : (tensor<1x8x1x32xf32>) -> tensor<1x8x16x32xf32>
    %68 = "stablehlo.multiply"(%65, %67) : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
    %69 = "stablehlo.broadcast_in_dim"(%61) <{broadcast_dimensions = array<i64: 0, 1, 2, 3>}> : (tensor<1x8x1x32xf32>) -> tensor<1x8x16x32xf32>
    %70 = "stablehlo.multiply"(%66, %69) : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
    %71 = "stablehlo.subtract"(%68, %70) : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
    %72 = "stablehlo.broadcast_in_dim"(%63) <{broadcast_dimensions = array<i64: 0, 1, 2, 3>}> : (tensor<1x8x1x32xf32>) -> tensor<1x8x16x32xf32>
    %73 = "stablehlo.multiply"(%66, %72) : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
    %74 = "stablehlo.broadcast_in_dim"(%61) <{broadcast_dimensions = array<i64: 0, 1, 2, 3>}> : (tensor<1x8x1x32xf32>) -> tensor<1x8x16x32xf32>
    %75 = "stablehlo.multiply"(%65, %74) : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
    %76 = "stablehlo.add"(%73, %75) : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
    %77 = "stablehlo.concatenate"(%71, %76) <{dimension = 3 : i64}> : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x64xf32>
    %78 = "stablehlo.convert"(%77) : (tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xbf16>
    %79 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %80 = "stablehlo.compare"(%arg16, %79) <{compare_type = #stablehlo<comparison_type SIGNED>, comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %81 = "stablehlo.constant"() <{value = dense<256> : tensor<i32>}> : () -> tensor<i32>
    %82 = "stablehlo.add"(%arg16, %81) : (tensor<i32>, tensor<i32>) -> tensor<i32>
    %83 = "stablehlo.select"(%80, %82, %arg16) : (tensor<i1>, tensor<i32>, tensor<i32>) -> tensor<i32>
    %84 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %85 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %86 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %87 = "stablehlo.dynamic_update_slice"(%arg14, %78, %84, %83, %85, %86) : (tensor<1x256x16x64xbf16>, tensor<1x8x16x64xbf16>, tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x256x16x64xbf16>
    %88 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %89 = "stablehlo.compare"(%arg16, %88) <{compare_type = #stablehlo<comparison_type SIGNED>, comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %90 = "stablehlo.constant"() <{value = dense<256> : tensor<i32>}> : () -> tensor<i32>
    %91 = "stablehlo.add"(%arg16, %90) : (tensor<i32>, tensor<i32>) -> tensor<i32>
    %92 = "stablehlo.select"(%89, %91, %arg16) : (tensor<i1>, tensor<i32>, tensor<i32>) -> tensor<i32>
    %93 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %94 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %95 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %96 = "stablehlo.dynamic_update_slice"(%arg15, %36, %93, %92, %94, %95) : (tensor<1x256x16x64xbf16>, tensor<1x8x16x64xbf16>, tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x256x16x64xbf16>
    %97 = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<8xi32>
    %98 = "stablehlo.broadcast_in_dim"(%arg16) <{broadcast_dimensions = array<i64>}> : (tensor<i32>) -> tensor<8xi32>
    %99 = "stablehlo.add"(%98, %97) : (tensor<8xi32>, tensor<8xi32>) -> tensor<8xi32>
    %100 = "stablehlo.broadcast_in_dim"(%99) <{broadcast_dimensions = array<i64: 0>}> : (tensor<8xi32>) -> tensor<8x1xi32>
    %101 = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<32xi32>
    %102 = "stablehlo.constant"() <{value = dense<2> : tensor<i32>}> : () -> tensor<i32>
    %103 = "stablehlo.broadcast_in_dim"(%102) <{broadcast_dimensions = array<i64>}> : (tensor<i32>) -> tensor<32xi32>
    %104 = "stablehlo.multiply"(%103, %101) : (tensor<32xi32>, tensor<32xi32>) -> tensor<32xi32>
    %105 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %106 = "stablehlo.broadcast_in_dim"(%105) <{broadcast_dimensions = array<i64>}> : (tensor<i32>) -> tensor<32xi32>
    %107 = "stablehlo.add"(%106, %104) : (tensor<32xi32>, tensor<32xi32>) -> tensor<32xi32>
    %108 = "stablehlo.convert"(%107) : (tensor<32xi32>) -> tensor<32xf32>
    %109 = "stablehlo.constant"() <{value = dense<6.400000e+01> : tensor<f32>}> : () -> tensor<f32>
    %110 = "stablehlo.broadcast_in_dim"(%109) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<32xf32>
    %111 = "stablehlo.divide"(%108, %110) : (tensor<32xf32>, tensor<32xf32>) -> tensor<32xf32>
    %112 = "stablehlo.constant"() <{value = dense<1.000000e+04> : tensor<f32>}> : () -> tensor<f32>
    %113 = "stablehlo.broadcast_in_dim"(%112) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<32xf32>
    %114 = "stablehlo.power"(%113, %111) : (tensor<32xf32>, tensor<32xf32>) -> tensor<32xf32>
    %115 = "stablehlo.convert"(%100) : (tensor<8x1xi32>) -> tensor<8x1xf32>
    %116 = "stablehlo.broadcast_in_dim"(%114) <{broadcast_dimensions = array<i64: 1>}> : (tensor<32xf32>) -> tensor<1x32xf32>
    %117 = "stablehlo.broadcast_in_dim"(%115) <{broadcast_dimensions = array<i64: 0, 1>}> : (tensor<8x1xf32>) -> tensor<8x32xf32>
    %118 = "stablehlo.broadcast_in_dim"(%116) <{broadcast_dimensions = array<i64: 0, 1>}> : (tensor<1x32xf32>) -> tensor<8x32xf32>
    %119 = "stablehlo.divide"(%117, %118) : (tensor<8x32xf32>, tensor<8x32xf32>) -> tensor<8x32xf32>
    %120 = "stablehlo.sine"(%119) : (tensor<8x32xf32>) -> tensor<8x32xf32>
    %121 = "stablehlo.broadcast_in_dim"(%120) <{broadcast_dimensions = array<i64: 1, 3>}> : (tensor<8x32xf32>) -> tensor<1x8x1x32xf32>
    %122 = "stablehlo.cosine"(%119) : (tensor<8x32xf32>) -> tensor<8x32xf32>
    %123 = "stablehlo.broadcast_in_dim"(%122) <{broadcast_dimensions = array<i64: 1, 3>}> : (tensor<8x32xf32>) -> tensor<1x8x1x32xf32>
    %124 = "stablehlo.convert"(%32) : (tensor<1x8x16x64xbf16>) -> tensor<1x8x16x64xf32>
    %125 = "stablehlo.slice"(%124) <{limit_indices = array<i64: 1, 8, 16, 32>, start_indices = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1, 1, 1>}> : (tensor<1x8x16x64xf32>) -> tensor<1x8x16x32xf32>
    %126 = "stablehlo.slice"(%124) <{limit_indices = array<i64: 1, 8, 16, 64>, start_indices = array<i64: 0, 0, 0, 32>, strides = array<i64: 1, 1, 1, 1>}> : (tensor<1x8x16x64xf32>) -> tensor<1x8x16x32xf32>
    %127 = "stablehlo.broadcast_in_dim"(%123) <{broadcast_dimensions = array<i64: 0, 1, 2, 3>}> : (tensor<1x8x1x32xf32>) -> tensor<1x8x16x32xf32>
    %128 = "stablehlo.multiply"(%125, %127) : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
    %129 = "stablehlo.broadcast_in_dim"(%121) <{broadcast_dimensions = array<i64: 0, 1, 2, 3>}> : (tensor<1x8x1x32xf32>) -> tensor<1x8x16x32xf32>
    %130 = "stablehlo.multiply"(%126, %129) : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
    %131 = "stablehlo.subtract"(%128, %130) : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
    %132 = "stablehlo.broadcast_in_dim"(%123) <{broadcast_dimensions = array<i64: 0, 1, 2, 3>}> : (tensor<1x8x1x32xf32>) -> tensor<1x8x16x32xf32>
    %133 = "stablehlo.multiply"(%126, %132) : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
    %134 = "stablehlo.broadcast_in_dim"(%121) <{broadcast_dimensions = array<i64: 0, 1, 2, 3>}> : (tensor<1x8x1x32xf32>) -> tensor<1x8x16x32xf32>
    %135 = "stablehlo.multiply"(%125, %134) : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
    %136 = "stablehlo.add"(%133, %135) : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
    %137 = "stablehlo.concatenate"(%131, %136) <{dimension = 3 : i64}> : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x64xf32>
    %138 = "stablehlo.convert"(%137) : (tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xbf16>
    %139 = "stablehlo.dot_general"(%138, %87) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [0, 2], rhs_batching_dimensions = [0, 2], lhs_contracting_dimensions = [3], rhs_contracting_dimensions = [3]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]}> : (tensor<1x8x16x64xbf16>, tensor<1x256x16x64xbf16>) -> tensor<1x16x8x256xbf16>
    %140 = "stablehlo.convert"(%139) : (tensor<1x16x8x256xbf16>) -> tensor<1x16x8x256xf32>
    %141 = "stablehlo.constant"() <{value = dense<8.000000e+00> : tensor<f32>}> : () -> tensor<f32>
    %142 = "stablehlo.broadcast_in_dim"(%141) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x16x8x256xf32>
    %143 = "stablehlo.divide"(%140, %142) : (tensor<1x16x8x256xf32>, tensor<1x16x8x256xf32>) -> tensor<1x16x8x256xf32>
    %144 = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<256xi32>
    %145 = "stablehlo.broadcast_in_dim"(%144) <{broadcast_dimensions = array<i64: 1>}> : (tensor<256xi32>) -> tensor<1x256xi32>
    %146 = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<8xi32>
    %147 = "stablehlo.broadcast_in_dim"(%146) <{broadcast_dimensions = array<i64: 0>}> : (tensor<8xi32>) -> tensor<8x1xi32>
    %148 = "stablehlo.broadcast_in_dim"(%arg16) <{broadcast_dimensions = array<i64>}> : (tensor<i32>) -> tensor<8x1xi32>
    %149 = "stablehlo.add"(%148, %147) : (tensor<8x1xi32>, tensor<8x1xi32>) -> tensor<8x1xi32>
    %150 = "stablehlo.broadcast_in_dim"(%145) <{broadcast_dimensions = array<i64: 0, 1>}> : (tensor<1x256xi32>) -> tensor<8x256xi32>
    %151 = "stablehlo.broadcast_in_dim"(%149) <{broadcast_dimensions = array<i64: 0, 1>}> : (tensor<8x1xi32>) -> tensor<8x256xi32>
    %152 = "stablehlo.compare"(%150, %151) <{compare_type = #stablehlo<comparison_type SIGNED>, comparison_direction = #stablehlo<comparison_direction LE>}> : (tensor<8x256xi32>, tensor<8x256xi32>) -> tensor<8x256xi1>
    %153 = "stablehlo.constant"() <{value = dense<0xFF800000> : tensor<f32>}> : () -> tensor<f32>
    %154 = "func.call"(%152, %143, %153) <{callee = @_where}> : (tensor<8x256xi1>, tensor<1x16x8x256xf32>, tensor<f32>) -> tensor<1x16x8x256xf32>
    %155 = "stablehlo.constant"() <{value = dense<0xFF800000> : tensor<f32>}> : () -> tensor<f32>
    %156 = "stablehlo.reduce"(%154, %155) <{dimensions = array<i64: 3>}> ({
    ^bb0(%arg21: tensor<f32>, %arg22: tensor<f32>):
      %201 = "stablehlo.maximum"(%arg21, %arg22) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%201) : (tensor<f32>) -> ()
    }) : (tensor<1x16x8x256xf32>, tensor<f32>) -> tensor<1x16x8xf32>
    %157 = "stablehlo.constant"() <{value = dense<0xFF800000> : tensor<f32>}> : () -> tensor<f32>
    %158 = "stablehlo.broadcast_in_dim"(%157) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x16x8xf32>
    %159 = "stablehlo.maximum"(%158, %156) : (tensor<1x16x8xf32>, tensor<1x16x8xf32>) -> tensor<1x16x8xf32>
    %160 = "stablehlo.broadcast_in_dim"(%159) <{broadcast_dimensions = array<i64: 0, 1, 2>}> : (tensor<1x16x8xf32>) -> tensor<1x16x8x1xf32>
    %161 = "stablehlo.broadcast_in_dim"(%160) <{broadcast_dimensions = array<i64: 0, 1, 2, 3>}> : (tensor<1x16x8x1xf32>) -> tensor<1x16x8x256xf32>
    %162 = "stablehlo.subtract"(%154, %161) : (tensor<1x16x8x256xf32>, tensor<1x16x8x256xf32>) -> tensor<1x16x8x256xf32>
    %163 = "stablehlo.exponential"(%162) : (tensor<1x16x8x256xf32>) -> tensor<1x16x8x256xf32>
    %164 = "stablehlo.constant"() <{value = dense<0.000000e+00> : tensor<f32>}> : () -> tensor<f32>
    %165 = "stablehlo.reduce"(%163, %164) <{dimensions = array<i64: 3>}> ({
    ^bb0(%arg19: tensor<f32>, %arg20: tensor<f32>):
      %200 = "stablehlo.add"(%arg19, %arg20) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%200) : (tensor<f32>) -> ()
    }) : (tensor<1x16x8x256xf32>, tensor<f32>) -> tensor<1x16x8xf32>
    %166 = "stablehlo.broadcast_in_dim"(%165) <{broadcast_dimensions = array<i64: 0, 1, 2>}> : (tensor<1x16x8xf32>) -> tensor<1x16x8x1xf32>
    %167 = "stablehlo.broadcast_in_dim"(%166) <{broadcast_dimensions = array<i64: 0, 1, 2, 3>}> : (tensor<1x16x8x1xf32>) -> tensor<1x16x8x256xf32>
    %168 = "stablehlo.divide"(%163, %167) : (tensor<1x16x8x256xf32>, tensor<1x16x8x256xf32>) -> tensor<1x16x8x256xf32>
    %169 = "stablehlo.convert"(%168) : (tensor<1x16x8x256xf32>) -> tensor<1x16x8x256xbf16>
    %170 = "stablehlo.dot_general"(%96, %169) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [0, 2], rhs_batching_dimensions = [0, 1], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [3]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]}> : (tensor<1x256x16x64xbf16>, tensor<1x16x8x256xbf16>) -> tensor<1x16x64x8xbf16>
    %171 = "stablehlo.transpose"(%170) <{permutation = array<i64: 0, 3, 1, 2>}> : (tensor<1x16x64x8xbf16>) -> tensor<1x8x16x64xbf16>
    %172 = "stablehlo.reshape"(%171) : (tensor<1x8x16x64xbf16>) -> tensor<1x8x1024xbf16>
    %173 = "stablehlo.dot_general"(%172, %arg9) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]}> : (tensor<1x8x1024xbf16>, tensor<1024x1024xbf16>) -> tensor<1x8x1024xbf16>
    %174 = "stablehlo.add"(%arg13, %173) : (tensor<1x8x1024xbf16>, tensor<1x8x1024xbf16>) -> tensor<1x8x1024xbf16>
    %175 = "stablehlo.convert"(%174) : (tensor<1x8x1024xbf16>) -> tensor<1x8x1024xf32>
    %176 = "stablehlo.multiply"(%175, %175) : (tensor<1x8x1024xf32>, tensor<1x8x1024xf32>) -> tensor<1x8x1024xf32>
    %177 = "stablehlo.constant"() <{value = dense<0.000000e+00> : tensor<f32>}> : () -> tensor<f32>
    %178 = "stablehlo.reduce"(%176, %177) <{dimensions = array<i64: 2>}> ({
    ^bb0(%arg17: tensor<f32>, %arg18: tensor<f32>):
      %199 = "stablehlo.add"(%arg17, %arg18) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%199) : (tensor<f32>) -> ()
    }) : (tensor<1x8x1024xf32>, tensor<f32>) -> tensor<1x8xf32>
    %179 = "stablehlo.broadcast_in_dim"(%178) <{broadcast_dimensions = array<i64: 0, 1>}> : (tensor<1x8xf32>) -> tensor<1x8x1xf32>
    %180 = "stablehlo.constant"() <{value = dense<1.024000e+03> : tensor<f32>}> : () -> tensor<f32>
    %181 = "stablehlo.broadcast_in_dim"(%180) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x8x1xf32>
    %182 = "stablehlo.divide"(%179, %181) : (tensor<1x8x1xf32>, tensor<1x8x1xf32>) -> tensor<1x8x1xf32>
    %183 = "stablehlo.constant"() <{value = dense<9.99999997E-7> : tensor<f32>}> : () -> tensor<f32>
    %184 = "stablehlo.broadcast_in_dim"(%183) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x8x1xf32>
    %185 = "stablehlo.add"(%182, %184) : (tensor<1x8x1xf32>, tensor<1x8x1xf32>) -> tensor<1x8x1xf32>
    %186 = "stablehlo.rsqrt"(%185) : (tensor<1x8x1xf32>) -> tensor<1x8x1xf32>
    %187 = "stablehlo.broadcast_in_dim"(%186) <{broadcast_dimensions = array<i64: 0, 1, 2>}> : (tensor<1x8x1xf32>) -> tensor<1x8x1024xf32>
    %188 = "stablehlo.multiply"(%175, %187) : (tensor<1x8x1024xf32>, tensor<1x8x1024xf32>) -> tensor<1x8x1024xf32>
    %189 = "stablehlo.convert"(%188) : (tensor<1x8x1024xf32>) -> tensor<1x8x1024xbf16>
    %190 = "stablehlo.broadcast_in_dim"(%arg8) <{broadcast_dimensions = array<i64: 2>}> : (tensor<1024xbf16>) -> tensor<1x1x1024xbf16>
    %191 = "stablehlo.broadcast_in_dim"(%190) <{broadcast_dimensions = array<i64: 0, 1, 2>}> : (tensor<1x1x1024xbf16>) -> tensor<1x8x1024xbf16>
    %192 = "stablehlo.multiply"(%189, %191) : (tensor<1x8x1024xbf16>, tensor<1x8x1024xbf16>) -> tensor<1x8x1024xbf16>
    %193 = "stablehlo.dot_general"(%192, %arg5) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]}> : (tensor<1x8x1024xbf16>, tensor<1024x4096xbf16>) -> tensor<1x8x4096xbf16>
    %194 = "func.call"(%193) <{callee = @silu}> : (tensor<1x8x4096xbf16>) -> tensor<1x8x4096xbf16>
    %195 = "stablehlo.dot_general"(%192, %arg11) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]}> : (tensor<1x8x1024xbf16>, tensor<1024x4096xbf16>) -> tensor<1x8x4096xbf16>
    %196 = "stablehlo.multiply"(%194, %195) : (tensor<1x8x4096xbf16>, tensor<1x8x4096xbf16>) -> tensor<1x8x4096xbf16>
    %197 = "stablehlo.dot_general"(%196, %arg4) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]}> : (tensor<1x8x4096xbf16>, tensor<4096x1024xbf16>) -> tensor<1x8x1024xbf16>
    %198 = "stablehlo.add"(%174, %197) : (tensor<1x8x1024xbf16>, tensor<1x8x1024xbf16>) -> tensor<1x8x1024xbf16>
    "func.return"(%198, %87, %96) : (tensor<1x8x1024xbf16>, tensor<1x256x16x64xbf16>, tensor<1x256x16x64xbf16>) -> ()
  }) : () -> ()
  "func.func"() <{arg_attrs = [{}, {}, {}], function_type = (tensor<8x256xi1>, tensor<1x16x8x256xf32>, tensor<f32>) -> tensor<1x16x8x256xf32>, res_attrs = [{}], sym_name = "_where", sym_visibility = "private"}> ({
  ^bb0(%arg1: tensor<8x256xi1>, %arg2: tensor<1x16x8x256xf32>, %arg3: tensor<f32>):
    %9 = "stablehlo.convert"(%arg3) : (tensor<f32>) -> tensor<f32>
    %10 = "stablehlo.broadcast_in_dim"(%arg1) <{broadcast_dimensions = array<i64: 2, 3>}> : (tensor<8x256xi1>) -> tensor<1x16x8x256xi1>
    %11 = "stablehlo.broadcast_in_dim"(%9) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x16x8x256xf32>
    %12 = "stablehlo.select"(%10, %arg2, %11) : (tensor<1x16x8x256xi1>, tensor<1x16x8x256xf32>, tensor<1x16x8x256xf32>) -> tensor<1x16x8x256xf32>
    "func.return"(%12) : (tensor<1x16x8x256xf32>) -> ()
  }) : () -> ()
  "func.func"() <{arg_attrs = [{}], function_type = (tensor<1x8x4096xbf16>) -> tensor<1x8x4096xbf16>, res_attrs = [{}], sym_name = "silu", sym_visibility = "private"}> ({
  ^bb0(%arg0: tensor<1x8x4096xbf16>):
    %0 = "stablehlo.negate"(%arg0) : (tensor<1x8x4096xbf16>) -> tensor<1x8x4096xbf16>
    %1 = "stablehlo.exponential"(%0) : (tensor<1x8x4096xbf16>) -> tensor<1x8x4096xbf16>
    %2 = "stablehlo.constant"() <{value = dense<1.000000e+00> : tensor<bf16>}> : () -> tensor<bf16>
    %3 = "stablehlo.broadcast_in_dim"(%2) <{broadcast_dimensions = array<i64>}> : (tensor<bf16>) -> tensor<1x8x4096xbf16>
    %4 = "stablehlo.add"(%3, %1) : (tensor<1x8x4096xbf16>, tensor<1x8x4096xbf16>) -> tensor<1x8x4096xbf16>
    %5 = "stablehlo.constant"() <{value = dense<1.000000e+00> : tensor<bf16>}> : () -> tensor<bf16>
    %6 = "stablehlo.broadcast_in_dim"(%5) <{broadcast_dimensions = array<i64>}> : (tensor<bf16>) -> tensor<1x8x4096xbf16>
    %7 = "stablehlo.divide"(%6, %4) : (tensor<1x8x4096xbf16>, tensor<1x8x4096xbf16>) -> tensor<1x8x4096xbf16>
    %8 = "stablehlo.multiply"(%arg0, %7) : (tensor<1x8x4096xbf16>, tensor<1x8x4096xbf16>) -> tensor<1x8x4096xbf16>
    "func.return"(%8) : (tensor<1x8x4096xbf16>) -> ()
  }) : () -> ()
}) {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} : () -> ()
