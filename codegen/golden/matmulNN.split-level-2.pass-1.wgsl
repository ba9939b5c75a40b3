// matmulNN, split-level-2, pass 1 of 2
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read> w_data: array<f32>;
@group(0) @binding(3) var<storage, read_write> scratch0_value_data: array<f32>;

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let part0_local_0 = local_index % 8u;
  let out_local_0 = local_index / 8u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_token * 3u)) {
    return;
  }
  let out_base_0 = (tile_0 % 3u) * 8u;
  let token_base_0 = tile_0 / 3u;
  var sum_0: f32 = bitcast<f32>(uniforms.zero);
  let minimum_0 = min(4u, (20u - min((min(part0_local_0, 4u) * 4u), 20u)));
  let product_0 = min(part0_local_0, 4u) * 32u;
  let minimum_1 = min(133u, (product_0 + 32u));
  let minimum_3 = min(token_base_0, (uniforms.extent_token - 1u));
  let total_0 = (minimum_3 * 133u) + product_0;
  let minimum_4 = min((out_base_0 + out_local_0), 20u);
  let product_1 = min(part0_local_0, 4u) * 672u;
  for (var t_0 = uniforms.zero; t_0 < minimum_0; t_0 += 1u) {
    var sum_1: f32 = bitcast<f32>(uniforms.zero);
    let minimum_2 = min((product_0 + t_0), minimum_1);
    let total_1 = total_0 + t_0;
    let total_2 = product_1 + (t_0 * 21u);
    for (var t_1 = 0u; t_1 < (((minimum_1 - minimum_2) + 3u) / 4u); t_1 += 1u) {
      let x_0 = x_data[(total_1 + (t_1 * 4u))];
      let total_3 = (total_2 + (t_1 * 84u)) + minimum_4;
      let w_0 = w_data[total_3];
      let product_2 = seal(x_0 * w_0);
      sum_1 = sum_1 + product_2;
    }
    sum_0 = sum_0 + sum_1;
  }
  let total_4 = ((minimum_3 * 105u) + (minimum_4 * 5u)) + min(part0_local_0, 4u);
  if ((token_base_0 < uniforms.extent_token) && ((out_base_0 + out_local_0) < 21u) && (part0_local_0 < 5u)) {
    scratch0_value_data[total_4] = sum_0;
  }
}
