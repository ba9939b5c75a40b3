// matmulBias, alone
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<u32>;
@group(0) @binding(2) var<storage, read> weight_data: array<u32>;
@group(0) @binding(3) var<storage, read> bias_data: array<f32>;
@group(0) @binding(4) var<storage, read_write> output_data: array<f32>;

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let out_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_token * 4u)) {
    return;
  }
  let out_base_0 = (tile_0 % 4u) * 64u;
  let token_base_0 = tile_0 / 4u;
  var sum_0: f32 = bitcast<f32>(uniforms.zero);
  let minimum_0 = min(token_base_0, (uniforms.extent_token - 1u));
  let product_0 = minimum_0 * 128u;
  let total_1 = (out_base_0 * 128u) + (out_local_0 * 128u);
  for (var k_0 = uniforms.zero; k_0 < 8u; k_0 += 1u) {
    var sum_1: f32 = bitcast<f32>(uniforms.zero);
    let total_0 = product_0 + (k_0 * 16u);
    let total_2 = total_1 + (k_0 * 16u);
    for (var k_1 = 0u; k_1 < 32u; k_1 += 1u) {
      let x_words_0 = x_data[(total_0 + (k_1 / 2u))];
      let x_0 = bitcast<f32>((x_words_0 >> ((k_1 % 2u) * 16u)) << 16u);
      let weight_words_0 = weight_data[(total_2 + (k_1 / 2u))];
      let weight_0 = bitcast<f32>((weight_words_0 >> ((k_1 % 2u) * 16u)) << 16u);
      sum_1 = fma(x_0, weight_0, sum_1);
    }
    sum_0 = sum_0 + sum_1;
  }
  let bias_0 = bias_data[(out_base_0 + out_local_0)];
  let total_3 = seal(sum_0 + bias_0);
  let total_4 = ((minimum_0 * 256u) + out_base_0) + out_local_0;
  if (token_base_0 < uniforms.extent_token) {
    output_data[total_4] = canonical(total_3);
  }
}
