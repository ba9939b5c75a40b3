// int8Linear, split, pass 1 of 2
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read> packed_data: array<u32>;
@group(0) @binding(3) var<storage, read_write> scratch0_value_data: array<f32>;

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}

fn fn_signedByte_0(arg_word_0: u32, arg_lane_1: u32) -> i32 {
  return (i32((arg_word_0 >> (8u * arg_lane_1))) << 24u) >> 24u;
}

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
  let minimum_0 = min(8u, (16u - min((part0_local_0 * 8u), 16u)));
  let minimum_1 = min(token_base_0, (uniforms.extent_token - 1u));
  let total_0 = (minimum_1 * 64u) + (part0_local_0 * 32u);
  let total_2 = ((out_base_0 * 16u) + (out_local_0 * 16u)) + (part0_local_0 * 8u);
  for (var w_0 = uniforms.zero; w_0 < minimum_0; w_0 += 1u) {
    var sum_1: f32 = bitcast<f32>(uniforms.zero);
    let total_1 = total_0 + (w_0 * 4u);
    let packed_0 = packed_data[(total_2 + w_0)];
    for (var l_0 = 0u; l_0 < 4u; l_0 += 1u) {
      let x_0 = x_data[(total_1 + l_0)];
      let signedByte_0 = fn_signedByte_0(packed_0, l_0);
      let toF_0 = f32(signedByte_0);
      let product_0 = seal(x_0 * toF_0);
      sum_1 = sum_1 + product_0;
    }
    sum_0 = sum_0 + sum_1;
  }
  let total_3 = ((minimum_1 * 128u) + (out_base_0 * 2u)) + (out_local_0 * 2u);
  if (token_base_0 < uniforms.extent_token) {
    scratch0_value_data[(total_3 + part0_local_0)] = sum_0;
  }
}
