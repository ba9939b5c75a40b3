// matmulBias, tile-2x2
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
var<workgroup> x_tile_0: array<f32, 136>;
var<workgroup> weight_tile_0: array<f32, 136>;

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let out_local_0 = local_index % 8u;
  let token_local_0 = local_index / 8u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (((uniforms.extent_token + 15u) / 16u) * 16u)) {
    return;
  }
  let out_base_0 = (tile_0 % 16u) * 16u;
  let token_base_0 = (tile_0 / 16u) * 16u;
  var sum_0: f32 = bitcast<f32>(uniforms.zero);
  var sum_1: f32 = bitcast<f32>(uniforms.zero);
  var sum_2: f32 = bitcast<f32>(uniforms.zero);
  var sum_3: f32 = bitcast<f32>(uniforms.zero);
  let subtract_0 = uniforms.extent_token - 1u;
  let product_1 = out_base_0 * 128u;
  for (var k_0 = uniforms.zero; k_0 < 8u; k_0 += 1u) {
    var sum_4: f32 = bitcast<f32>(uniforms.zero);
    var sum_5: f32 = bitcast<f32>(uniforms.zero);
    var sum_6: f32 = bitcast<f32>(uniforms.zero);
    var sum_7: f32 = bitcast<f32>(uniforms.zero);
    let product_0 = k_0 * 16u;
    for (var stretch_0 = uniforms.zero; stretch_0 < 32u; stretch_0 += 8u) {
      workgroupBarrier();
      let divide_0 = stretch_0 / 2u;
      for (var load_0 = local_index; load_0 < 128u; load_0 += 64u) {
        let total_0 = ((load_0 % 8u) * 17u) + (load_0 / 8u);
        let minimum_0 = min((token_base_0 + (load_0 / 8u)), subtract_0);
        let total_1 = ((minimum_0 * 128u) + product_0) + divide_0;
        let x_words_0 = x_data[(total_1 + ((load_0 % 8u) / 2u))];
        let x_0 = bitcast<f32>((x_words_0 >> (((load_0 % 8u) % 2u) * 16u)) << 16u);
        x_tile_0[total_0] = x_0;
      }
      for (var load_1 = local_index; load_1 < 128u; load_1 += 64u) {
        let total_2 = ((load_1 % 8u) * 17u) + (load_1 / 8u);
        let total_3 = (product_1 + ((load_1 / 8u) * 128u)) + product_0;
        let total_4 = (total_3 + divide_0) + ((load_1 % 8u) / 2u);
        let weight_words_0 = weight_data[total_4];
        let weight_0 = bitcast<f32>((weight_words_0 >> (((load_1 % 8u) % 2u) * 16u)) << 16u);
        weight_tile_0[total_2] = weight_0;
      }
      workgroupBarrier();
      for (var k_1 = 0u; k_1 < 8u; k_1 += 1u) {
        let x_tile_1 = x_tile_0[((k_1 * 17u) + token_local_0)];
        let weight_tile_1 = weight_tile_0[((k_1 * 17u) + out_local_0)];
        sum_4 = fma(x_tile_1, weight_tile_1, sum_4);
        let weight_tile_2 = weight_tile_0[(((k_1 * 17u) + out_local_0) + 8u)];
        sum_5 = fma(x_tile_1, weight_tile_2, sum_5);
        let x_tile_2 = x_tile_0[(((k_1 * 17u) + token_local_0) + 8u)];
        sum_6 = fma(x_tile_2, weight_tile_1, sum_6);
        sum_7 = fma(x_tile_2, weight_tile_2, sum_7);
      }
    }
    sum_0 = sum_0 + sum_4;
    sum_1 = sum_1 + sum_5;
    sum_2 = sum_2 + sum_6;
    sum_3 = sum_3 + sum_7;
  }
  let bias_0 = bias_data[(out_base_0 + out_local_0)];
  let total_5 = seal(sum_0 + bias_0);
  let less_0 = (token_base_0 + token_local_0) < uniforms.extent_token;
  let minimum_1 = min((token_base_0 + token_local_0), subtract_0);
  let total_6 = ((minimum_1 * 256u) + out_base_0) + out_local_0;
  if (less_0) {
    output_data[total_6] = canonical(total_5);
  }
  let bias_1 = bias_data[((out_base_0 + out_local_0) + 8u)];
  let total_7 = seal(sum_1 + bias_1);
  if (less_0) {
    output_data[(total_6 + 8u)] = canonical(total_7);
  }
  let total_8 = seal(sum_2 + bias_0);
  let less_1 = (token_base_0 + (token_local_0 + 8u)) < uniforms.extent_token;
  let minimum_2 = min((token_base_0 + (token_local_0 + 8u)), subtract_0);
  let total_9 = ((minimum_2 * 256u) + out_base_0) + out_local_0;
  if (less_1) {
    output_data[total_9] = canonical(total_8);
  }
  let total_10 = seal(sum_3 + bias_1);
  if (less_1) {
    output_data[(total_9 + 8u)] = canonical(total_10);
  }
}
