// linear, blocks
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> weight_data: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> output_data: array<f32>;
var<workgroup> sum_parts_0: array<f32, 64>;

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let out_local_0 = local_index % 32u;
  let way_0 = local_index / 32u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_token * 2u)) {
    return;
  }
  let out_base_0 = (tile_0 % 2u) * 32u;
  let token_base_0 = tile_0 / 2u;
  let minimum_0 = min(token_base_0, (uniforms.extent_token - 1u));
  let product_0 = minimum_0 * 32u;
  let product_1 = (out_base_0 / 32u) * 1024u;
  for (var k_0 = way_0; k_0 < 2u; k_0 += 8u) {
    var sum_0: f32 = bitcast<f32>(uniforms.zero);
    let total_0 = product_0 + (k_0 * 16u);
    let total_1 = out_local_0 + (k_0 * 512u);
    for (var k_1 = 0u; k_1 < 128u; k_1 += 8u) {
      let x_words_0 = x_data[(total_0 + (k_1 / 8u))];
      let x_0 = bitcast<f32>(x_words_0.x << 16u);
      let total_2 = (total_1 + ((k_1 / 8u) * 32u)) + product_1;
      let weight_words_0 = weight_data[total_2];
      let weight_0 = bitcast<f32>(weight_words_0.x << 16u);
      sum_0 = fma(x_0, weight_0, sum_0);
      let x_1 = bitcast<f32>(x_words_0.x & 0xffff0000u);
      let weight_1 = bitcast<f32>(weight_words_0.x & 0xffff0000u);
      sum_0 = fma(x_1, weight_1, sum_0);
      let x_2 = bitcast<f32>(x_words_0.y << 16u);
      let weight_2 = bitcast<f32>(weight_words_0.y << 16u);
      sum_0 = fma(x_2, weight_2, sum_0);
      let x_3 = bitcast<f32>(x_words_0.y & 0xffff0000u);
      let weight_3 = bitcast<f32>(weight_words_0.y & 0xffff0000u);
      sum_0 = fma(x_3, weight_3, sum_0);
      let x_4 = bitcast<f32>(x_words_0.z << 16u);
      let weight_4 = bitcast<f32>(weight_words_0.z << 16u);
      sum_0 = fma(x_4, weight_4, sum_0);
      let x_5 = bitcast<f32>(x_words_0.z & 0xffff0000u);
      let weight_5 = bitcast<f32>(weight_words_0.z & 0xffff0000u);
      sum_0 = fma(x_5, weight_5, sum_0);
      let x_6 = bitcast<f32>(x_words_0.w << 16u);
      let weight_6 = bitcast<f32>(weight_words_0.w << 16u);
      sum_0 = fma(x_6, weight_6, sum_0);
      let x_7 = bitcast<f32>(x_words_0.w & 0xffff0000u);
      let weight_7 = bitcast<f32>(weight_words_0.w & 0xffff0000u);
      sum_0 = fma(x_7, weight_7, sum_0);
    }
    sum_parts_0[((k_0 * 32u) + out_local_0)] = sum_0;
  }
  workgroupBarrier();
  if (way_0 == 0u) {
    var sum_1: f32 = bitcast<f32>(uniforms.zero);
    for (var k_2 = 0u; k_2 < 2u; k_2 += 1u) {
      let sum_2 = sum_parts_0[((k_2 * 32u) + out_local_0)];
      sum_1 = sum_1 + sum_2;
    }
    sum_parts_0[out_local_0] = sum_1;
  }
  workgroupBarrier();
  let sum_3 = sum_parts_0[out_local_0];
  let total_3 = ((minimum_0 * 64u) + out_base_0) + out_local_0;
  if ((token_base_0 < uniforms.extent_token) && (way_0 == 0u)) {
    output_data[total_3] = canonical(sum_3);
  }
}
