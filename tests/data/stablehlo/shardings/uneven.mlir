module @jit_run attributes {mhlo.num_partitions = 8 : i32, mhlo.num_replicas = 1 : i32} {
  sdy.mesh @mesh = <["d"=4, "m"=2]> {stablehlo.mesh = {axes = [{name = "d", size = 4 : i64}, {name = "m", size = 2 : i64}]}}
  func.func public @main(%arg0: tensor<61x256xf32>, %arg1: tensor<256x131xf32>) -> (tensor<61x131xf32> {jax.result_info = "result"}) {
    %0 = sdy.sharding_constraint %arg0 <@mesh, [{"d"}, {}]> : tensor<61x256xf32>
    %1 = stablehlo.dot_general %0, %arg1, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<61x256xf32>, tensor<256x131xf32>) -> tensor<61x131xf32>
    %2 = sdy.sharding_constraint %1 <@mesh, [{}, {"m"}]> : tensor<61x131xf32>
    return %2 : tensor<61x131xf32>
  }
}
