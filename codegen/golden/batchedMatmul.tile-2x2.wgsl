// batchedMatmul, tile-2x2
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_b: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> a_data: array<u32>;
@group(0) @binding(2) var<storage, read> w_data: array<u32>;
@group(0) @binding(3) var<storage, read_write> output_data: array<u32>;
var<workgroup> a_tile_0: array<f32, 136>;
var<workgroup> w_tile_0: array<f32, 136>;

fn round_bf16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let rounded = (bits + 0x7fffu + ((bits >> 16u) & 1u)) & 0xffff0000u;
  let flushed = select(rounded, bits & 0x80000000u, magnitude < 0x23800000u);
  return bitcast<f32>(select(flushed, 0x7fc00000u, magnitude > 0x7f800000u));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let j_local_0 = local_index % 8u;
  let i_local_0 = local_index / 8u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (((uniforms.extent_b * 2u) * 2u) * 5u)) {
    return;
  }
  let j_base_0 = (tile_0 % 5u) * 16u;
  let i_base_0 = ((tile_0 / 5u) % 2u) * 16u;
  let h_base_0 = ((tile_0 / 5u) / 2u) % 2u;
  let b_base_0 = ((tile_0 / 5u) / 2u) / 2u;
  var sum_stack_0: array<f32, 5>;
  var sum_stack_1: array<f32, 5>;
  var sum_stack_2: array<f32, 5>;
  var sum_stack_3: array<f32, 5>;
  var depth_0: u32 = 0u;
  let minimum_2 = min(b_base_0, (uniforms.extent_b - 1u));
  let total_1 = (minimum_2 * 2278u) + (h_base_0 * 1139u);
  let total_5 = (minimum_2 * 10050u) + (h_base_0 * 5025u);
  let product_3 = j_local_0 * 2u;
  for (var t_0 = uniforms.zero; t_0 < 9u; t_0 += 1u) {
    var sum_0: f32 = bitcast<f32>(uniforms.zero);
    var sum_1: f32 = bitcast<f32>(uniforms.zero);
    var sum_2: f32 = bitcast<f32>(uniforms.zero);
    var sum_3: f32 = bitcast<f32>(uniforms.zero);
    let minimum_0 = min(16u, (133u - (t_0 * 16u)));
    let product_0 = t_0 * 8u;
    for (var stretch_0 = uniforms.zero; stretch_0 < minimum_0; stretch_0 += 8u) {
      workgroupBarrier();
      let subtract_0 = min(8u, (minimum_0 - stretch_0)) - 1u;
      let divide_0 = stretch_0 / 2u;
      for (var load_0 = local_index; load_0 < 128u; load_0 += 64u) {
        let total_0 = ((load_0 % 8u) * 17u) + (load_0 / 8u);
        let minimum_1 = min((i_base_0 + (load_0 / 8u)), 16u);
        let total_2 = (total_1 + (minimum_1 * 67u)) + product_0;
        let total_3 = (total_2 + divide_0) + (min((load_0 % 8u), subtract_0) / 2u);
        let a_words_0 = a_data[total_3];
        let product_1 = (min((load_0 % 8u), subtract_0) % 2u) * 16u;
        let a_0 = bitcast<f32>((a_words_0 >> product_1) << 16u);
        a_tile_0[total_0] = a_0;
      }
      for (var load_1 = local_index; load_1 < 128u; load_1 += 64u) {
        let total_4 = ((load_1 % 8u) * 17u) + (load_1 / 8u);
        let minimum_3 = min((j_base_0 + (load_1 / 8u)), 74u);
        let total_6 = (total_5 + (minimum_3 * 67u)) + product_0;
        let total_7 = (total_6 + divide_0) + (min((load_1 % 8u), subtract_0) / 2u);
        let w_words_0 = w_data[total_7];
        let product_2 = (min((load_1 % 8u), subtract_0) % 2u) * 16u;
        let w_0 = bitcast<f32>((w_words_0 >> product_2) << 16u);
        w_tile_0[total_4] = w_0;
      }
      workgroupBarrier();
      for (var t_1 = 0u; t_1 < min(8u, (minimum_0 - stretch_0)); t_1 += 1u) {
        let a_tile_1 = a_tile_0[((t_1 * 17u) + i_local_0)];
        let w_tile_1 = w_tile_0[((t_1 * 17u) + product_3)];
        sum_0 = fma(a_tile_1, w_tile_1, sum_0);
        let w_tile_2 = w_tile_0[(((t_1 * 17u) + product_3) + 1u)];
        sum_1 = fma(a_tile_1, w_tile_2, sum_1);
        let a_tile_2 = a_tile_0[(((t_1 * 17u) + i_local_0) + 8u)];
        sum_2 = fma(a_tile_2, w_tile_1, sum_2);
        sum_3 = fma(a_tile_2, w_tile_2, sum_3);
      }
    }
    var sum_4: f32 = sum_0;
    var sum_5: f32 = sum_1;
    var sum_6: f32 = sum_2;
    var sum_7: f32 = sum_3;
    var carry_0: u32 = t_0;
    while ((carry_0 & 1u) == 1u) {
      depth_0 = depth_0 - 1u;
      sum_4 = sum_stack_0[depth_0] + sum_4;
      sum_5 = sum_stack_1[depth_0] + sum_5;
      sum_6 = sum_stack_2[depth_0] + sum_6;
      sum_7 = sum_stack_3[depth_0] + sum_7;
      carry_0 = carry_0 >> 1u;
    }
    sum_stack_0[depth_0] = sum_4;
    sum_stack_1[depth_0] = sum_5;
    sum_stack_2[depth_0] = sum_6;
    sum_stack_3[depth_0] = sum_7;
    depth_0 = depth_0 + 1u;
  }
  var sum_8: f32 = bitcast<f32>(uniforms.zero);
  var sum_9: f32 = bitcast<f32>(uniforms.zero);
  var sum_10: f32 = bitcast<f32>(uniforms.zero);
  var sum_11: f32 = bitcast<f32>(uniforms.zero);
  if (depth_0 > 0u) {
    depth_0 = depth_0 - 1u;
    var sum_12: f32 = sum_stack_0[depth_0];
    var sum_13: f32 = sum_stack_1[depth_0];
    var sum_14: f32 = sum_stack_2[depth_0];
    var sum_15: f32 = sum_stack_3[depth_0];
    while (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      sum_12 = sum_stack_0[depth_0] + sum_12;
      sum_13 = sum_stack_1[depth_0] + sum_13;
      sum_14 = sum_stack_2[depth_0] + sum_14;
      sum_15 = sum_stack_3[depth_0] + sum_15;
    }
    sum_8 = sum_8 + sum_12;
    sum_9 = sum_9 + sum_13;
    sum_10 = sum_10 + sum_14;
    sum_11 = sum_11 + sum_15;
  }
  let rounded_0 = round_bf16(sum_9);
  let select_0 = select(0u, bitcast<u32>(rounded_0), ((j_base_0 + (product_3 + 1u)) < 75u));
  let rounded_1 = round_bf16(sum_8);
  let total_8 = ((minimum_2 * 1292u) + (h_base_0 * 646u)) + (min((i_base_0 + i_local_0), 16u) * 38u);
  let total_9 = total_8 + (min((j_base_0 + product_3), 74u) / 2u);
  if ((b_base_0 < uniforms.extent_b) && ((i_base_0 + i_local_0) < 17u) && ((j_base_0 + product_3) < 75u)) {
    output_data[total_9] = (bitcast<u32>(rounded_1) >> 16u) | select_0;
  }
  let rounded_2 = round_bf16(sum_11);
  let select_1 = select(0u, bitcast<u32>(rounded_2), ((j_base_0 + (product_3 + 1u)) < 75u));
  let rounded_3 = round_bf16(sum_10);
  let minimum_4 = min((i_base_0 + (i_local_0 + 8u)), 16u);
  let total_10 = ((minimum_2 * 1292u) + (h_base_0 * 646u)) + (minimum_4 * 38u);
  let total_11 = total_10 + (min((j_base_0 + product_3), 74u) / 2u);
  if ((b_base_0 < uniforms.extent_b) && ((i_base_0 + (i_local_0 + 8u)) < 17u) && ((j_base_0 + product_3) < 75u)) {
    output_data[total_11] = (bitcast<u32>(rounded_3) >> 16u) | select_1;
  }
}
