// batchedMatmul, runs-vector
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_b: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> a_data: array<u32>;
@group(0) @binding(2) var<storage, read> w_data: array<u32>;
@group(0) @binding(3) var<storage, read_write> output_data: array<u32>;
var<workgroup> sum_parts_0: array<f32, 144>;
var<workgroup> sum_parts_1: array<f32, 144>;

fn round_bf16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let rounded = (bits + 0x7fffu + ((bits >> 16u) & 1u)) & 0xffff0000u;
  let flushed = select(rounded, bits & 0x80000000u, magnitude < 0x23800000u);
  return bitcast<f32>(select(flushed, 0x7fc00000u, magnitude > 0x7f800000u));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let j_local_0 = local_index % 16u;
  let way_0 = local_index / 16u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (((uniforms.extent_b * 2u) * 17u) * 3u)) {
    return;
  }
  let j_base_0 = (tile_0 % 3u) * 32u;
  let i_base_0 = (tile_0 / 3u) % 17u;
  let h_base_0 = ((tile_0 / 3u) / 17u) % 2u;
  let b_base_0 = ((tile_0 / 3u) / 17u) / 2u;
  let minimum_0 = min(b_base_0, (uniforms.extent_b - 1u));
  let total_0 = ((minimum_0 * 2278u) + (h_base_0 * 1139u)) + (i_base_0 * 67u);
  let minimum_1 = min((j_base_0 + (j_local_0 * 2u)), 74u);
  let total_2 = ((minimum_0 * 10050u) + (h_base_0 * 5025u)) + (minimum_1 * 67u);
  let minimum_2 = min((j_base_0 + ((j_local_0 * 2u) + 1u)), 74u);
  let total_4 = ((minimum_0 * 10050u) + (h_base_0 * 5025u)) + (minimum_2 * 67u);
  for (var t_0 = way_0; t_0 < 9u; t_0 += 16u) {
    var sum_0: f32 = bitcast<f32>(uniforms.zero);
    var sum_1: f32 = bitcast<f32>(uniforms.zero);
    let product_0 = (min(16u, (133u - (t_0 * 16u))) / 8u) * 8u;
    let total_1 = total_0 + (t_0 * 8u);
    let total_3 = total_2 + (t_0 * 8u);
    let total_5 = total_4 + (t_0 * 8u);
    for (var t_1 = 0u; t_1 < product_0; t_1 += 8u) {
      let a_words_0 = a_data[(total_1 + (t_1 / 2u))];
      let a_0 = bitcast<f32>(a_words_0 << 16u);
      let w_words_0 = w_data[(total_3 + (t_1 / 2u))];
      let w_0 = bitcast<f32>(w_words_0 << 16u);
      sum_0 = fma(a_0, w_0, sum_0);
      let w_words_1 = w_data[(total_5 + (t_1 / 2u))];
      let w_1 = bitcast<f32>(w_words_1 << 16u);
      sum_1 = fma(a_0, w_1, sum_1);
      let a_1 = bitcast<f32>(a_words_0 & 0xffff0000u);
      let w_2 = bitcast<f32>(w_words_0 & 0xffff0000u);
      sum_0 = fma(a_1, w_2, sum_0);
      let w_3 = bitcast<f32>(w_words_1 & 0xffff0000u);
      sum_1 = fma(a_1, w_3, sum_1);
      let a_words_1 = a_data[((total_1 + (t_1 / 2u)) + 1u)];
      let a_2 = bitcast<f32>(a_words_1 << 16u);
      let w_words_2 = w_data[((total_3 + (t_1 / 2u)) + 1u)];
      let w_4 = bitcast<f32>(w_words_2 << 16u);
      sum_0 = fma(a_2, w_4, sum_0);
      let w_words_3 = w_data[((total_5 + (t_1 / 2u)) + 1u)];
      let w_5 = bitcast<f32>(w_words_3 << 16u);
      sum_1 = fma(a_2, w_5, sum_1);
      let a_3 = bitcast<f32>(a_words_1 & 0xffff0000u);
      let w_6 = bitcast<f32>(w_words_2 & 0xffff0000u);
      sum_0 = fma(a_3, w_6, sum_0);
      let w_7 = bitcast<f32>(w_words_3 & 0xffff0000u);
      sum_1 = fma(a_3, w_7, sum_1);
      let a_words_2 = a_data[((total_1 + (t_1 / 2u)) + 2u)];
      let a_4 = bitcast<f32>(a_words_2 << 16u);
      let w_words_4 = w_data[((total_3 + (t_1 / 2u)) + 2u)];
      let w_8 = bitcast<f32>(w_words_4 << 16u);
      sum_0 = fma(a_4, w_8, sum_0);
      let w_words_5 = w_data[((total_5 + (t_1 / 2u)) + 2u)];
      let w_9 = bitcast<f32>(w_words_5 << 16u);
      sum_1 = fma(a_4, w_9, sum_1);
      let a_5 = bitcast<f32>(a_words_2 & 0xffff0000u);
      let w_10 = bitcast<f32>(w_words_4 & 0xffff0000u);
      sum_0 = fma(a_5, w_10, sum_0);
      let w_11 = bitcast<f32>(w_words_5 & 0xffff0000u);
      sum_1 = fma(a_5, w_11, sum_1);
      let a_words_3 = a_data[((total_1 + (t_1 / 2u)) + 3u)];
      let a_6 = bitcast<f32>(a_words_3 << 16u);
      let w_words_6 = w_data[((total_3 + (t_1 / 2u)) + 3u)];
      let w_12 = bitcast<f32>(w_words_6 << 16u);
      sum_0 = fma(a_6, w_12, sum_0);
      let w_words_7 = w_data[((total_5 + (t_1 / 2u)) + 3u)];
      let w_13 = bitcast<f32>(w_words_7 << 16u);
      sum_1 = fma(a_6, w_13, sum_1);
      let a_7 = bitcast<f32>(a_words_3 & 0xffff0000u);
      let w_14 = bitcast<f32>(w_words_6 & 0xffff0000u);
      sum_0 = fma(a_7, w_14, sum_0);
      let w_15 = bitcast<f32>(w_words_7 & 0xffff0000u);
      sum_1 = fma(a_7, w_15, sum_1);
    }
    for (var t_2 = product_0; t_2 < min(16u, (133u - (t_0 * 16u))); t_2 += 1u) {
      let a_words_4 = a_data[(total_1 + (t_2 / 2u))];
      let a_8 = bitcast<f32>((a_words_4 >> ((t_2 % 2u) * 16u)) << 16u);
      let w_words_8 = w_data[(total_3 + (t_2 / 2u))];
      let w_16 = bitcast<f32>((w_words_8 >> ((t_2 % 2u) * 16u)) << 16u);
      sum_0 = fma(a_8, w_16, sum_0);
      let w_words_9 = w_data[(total_5 + (t_2 / 2u))];
      let w_17 = bitcast<f32>((w_words_9 >> ((t_2 % 2u) * 16u)) << 16u);
      sum_1 = fma(a_8, w_17, sum_1);
    }
    sum_parts_0[((t_0 * 16u) + j_local_0)] = sum_0;
    sum_parts_1[((t_0 * 16u) + j_local_0)] = sum_1;
  }
  workgroupBarrier();
  if (way_0 == 0u) {
    var sum_stack_0: array<f32, 5>;
    var sum_stack_1: array<f32, 5>;
    var depth_0: u32 = 0u;
    for (var t_3 = uniforms.zero; t_3 < 9u; t_3 += 1u) {
      let sum_2 = sum_parts_0[((t_3 * 16u) + j_local_0)];
      let sum_3 = sum_parts_1[((t_3 * 16u) + j_local_0)];
      var sum_4: f32 = sum_2;
      var sum_5: f32 = sum_3;
      var carry_0: u32 = t_3;
      while ((carry_0 & 1u) == 1u) {
        depth_0 = depth_0 - 1u;
        sum_4 = sum_stack_0[depth_0] + sum_4;
        sum_5 = sum_stack_1[depth_0] + sum_5;
        carry_0 = carry_0 >> 1u;
      }
      sum_stack_0[depth_0] = sum_4;
      sum_stack_1[depth_0] = sum_5;
      depth_0 = depth_0 + 1u;
    }
    var sum_6: f32 = bitcast<f32>(uniforms.zero);
    var sum_7: f32 = bitcast<f32>(uniforms.zero);
    if (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      var sum_8: f32 = sum_stack_0[depth_0];
      var sum_9: f32 = sum_stack_1[depth_0];
      while (depth_0 > 0u) {
        depth_0 = depth_0 - 1u;
        sum_8 = sum_stack_0[depth_0] + sum_8;
        sum_9 = sum_stack_1[depth_0] + sum_9;
      }
      sum_6 = sum_6 + sum_8;
      sum_7 = sum_7 + sum_9;
    }
    sum_parts_0[j_local_0] = sum_6;
    sum_parts_1[j_local_0] = sum_7;
  }
  workgroupBarrier();
  let sum_10 = sum_parts_0[j_local_0];
  let sum_11 = sum_parts_1[j_local_0];
  let rounded_0 = round_bf16(sum_11);
  let less_0 = (j_base_0 + ((j_local_0 * 2u) + 1u)) < 75u;
  let rounded_1 = round_bf16(sum_10);
  let or_0 = (bitcast<u32>(rounded_1) >> 16u) | select(0u, bitcast<u32>(rounded_0), less_0);
  let total_6 = ((minimum_0 * 1292u) + (h_base_0 * 646u)) + (i_base_0 * 38u);
  if ((b_base_0 < uniforms.extent_b) && ((j_base_0 + (j_local_0 * 2u)) < 75u) && (way_0 == 0u)) {
    output_data[(total_6 + (minimum_1 / 2u))] = or_0;
  }
}
