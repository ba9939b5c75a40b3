// linear, alone-vector
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> weight_data: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> output_data: array<f32>;

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let out_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= uniforms.extent_token) {
    return;
  }
  let token_base_0 = tile_0;
  var sum_0: f32 = bitcast<f32>(uniforms.zero);
  let minimum_0 = min(token_base_0, (uniforms.extent_token - 1u));
  let product_0 = minimum_0 * 32u;
  let product_1 = out_local_0 * 32u;
  for (var k_0 = uniforms.zero; k_0 < 2u; k_0 += 1u) {
    var sum_1: f32 = bitcast<f32>(uniforms.zero);
    let total_0 = product_0 + (k_0 * 16u);
    let total_1 = product_1 + (k_0 * 16u);
    for (var k_1 = 0u; k_1 < 128u; k_1 += 8u) {
      let x_words_0 = x_data[(total_0 + (k_1 / 8u))];
      let x_0 = bitcast<f32>(x_words_0.x << 16u);
      let weight_words_0 = weight_data[(total_1 + (k_1 / 8u))];
      let weight_0 = bitcast<f32>(weight_words_0.x << 16u);
      sum_1 = fma(x_0, weight_0, sum_1);
      let x_1 = bitcast<f32>(x_words_0.x & 0xffff0000u);
      let weight_1 = bitcast<f32>(weight_words_0.x & 0xffff0000u);
      sum_1 = fma(x_1, weight_1, sum_1);
      let x_2 = bitcast<f32>(x_words_0.y << 16u);
      let weight_2 = bitcast<f32>(weight_words_0.y << 16u);
      sum_1 = fma(x_2, weight_2, sum_1);
      let x_3 = bitcast<f32>(x_words_0.y & 0xffff0000u);
      let weight_3 = bitcast<f32>(weight_words_0.y & 0xffff0000u);
      sum_1 = fma(x_3, weight_3, sum_1);
      let x_4 = bitcast<f32>(x_words_0.z << 16u);
      let weight_4 = bitcast<f32>(weight_words_0.z << 16u);
      sum_1 = fma(x_4, weight_4, sum_1);
      let x_5 = bitcast<f32>(x_words_0.z & 0xffff0000u);
      let weight_5 = bitcast<f32>(weight_words_0.z & 0xffff0000u);
      sum_1 = fma(x_5, weight_5, sum_1);
      let x_6 = bitcast<f32>(x_words_0.w << 16u);
      let weight_6 = bitcast<f32>(weight_words_0.w << 16u);
      sum_1 = fma(x_6, weight_6, sum_1);
      let x_7 = bitcast<f32>(x_words_0.w & 0xffff0000u);
      let weight_7 = bitcast<f32>(weight_words_0.w & 0xffff0000u);
      sum_1 = fma(x_7, weight_7, sum_1);
    }
    sum_0 = sum_0 + sum_1;
  }
  if (token_base_0 < uniforms.extent_token) {
    output_data[((minimum_0 * 64u) + out_local_0)] = canonical(sum_0);
  }
}
