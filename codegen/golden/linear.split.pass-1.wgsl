// linear, split, pass 1 of 2
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<u32>;
@group(0) @binding(2) var<storage, read> weight_data: array<u32>;
@group(0) @binding(3) var<storage, read_write> scratch0_value_data: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let part0_local_0 = local_index % 2u;
  let out_local_0 = local_index / 2u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_token * 2u)) {
    return;
  }
  let out_base_0 = (tile_0 % 2u) * 32u;
  let token_base_0 = tile_0 / 2u;
  var sum_0: f32 = bitcast<f32>(uniforms.zero);
  let minimum_0 = min(128u, (256u - min((part0_local_0 * 128u), 256u)));
  let minimum_1 = min(token_base_0, (uniforms.extent_token - 1u));
  let total_0 = (minimum_1 * 128u) + (part0_local_0 * 64u);
  let total_1 = ((out_base_0 * 128u) + (out_local_0 * 128u)) + (part0_local_0 * 64u);
  for (var k_0 = 0u; k_0 < minimum_0; k_0 += 1u) {
    let x_words_0 = x_data[(total_0 + (k_0 / 2u))];
    let x_0 = bitcast<f32>((x_words_0 >> ((k_0 % 2u) * 16u)) << 16u);
    let weight_words_0 = weight_data[(total_1 + (k_0 / 2u))];
    let weight_0 = bitcast<f32>((weight_words_0 >> ((k_0 % 2u) * 16u)) << 16u);
    sum_0 = fma(x_0, weight_0, sum_0);
  }
  let total_2 = ((minimum_1 * 128u) + (out_base_0 * 2u)) + (out_local_0 * 2u);
  if (token_base_0 < uniforms.extent_token) {
    scratch0_value_data[(total_2 + part0_local_0)] = sum_0;
  }
}
