// batchedMatmul, tile-4x4
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_b: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> a_data: array<u32>;
@group(0) @binding(2) var<storage, read> w_data: array<u32>;
@group(0) @binding(3) var<storage, read_write> output_data: array<u32>;
var<workgroup> a_tile_0: array<f32, 528>;
var<workgroup> w_tile_0: array<f32, 528>;

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
  if (tile_0 >= ((uniforms.extent_b * 2u) * 3u)) {
    return;
  }
  let j_base_0 = (tile_0 % 3u) * 32u;
  let h_base_0 = (tile_0 / 3u) % 2u;
  let b_base_0 = (tile_0 / 3u) / 2u;
  var sum_stack_0: array<f32, 5>;
  var sum_stack_1: array<f32, 5>;
  var sum_stack_2: array<f32, 5>;
  var sum_stack_3: array<f32, 5>;
  var sum_stack_4: array<f32, 5>;
  var sum_stack_5: array<f32, 5>;
  var sum_stack_6: array<f32, 5>;
  var sum_stack_7: array<f32, 5>;
  var sum_stack_8: array<f32, 5>;
  var sum_stack_9: array<f32, 5>;
  var sum_stack_10: array<f32, 5>;
  var sum_stack_11: array<f32, 5>;
  var sum_stack_12: array<f32, 5>;
  var sum_stack_13: array<f32, 5>;
  var sum_stack_14: array<f32, 5>;
  var sum_stack_15: array<f32, 5>;
  var depth_0: u32 = 0u;
  let minimum_1 = min(b_base_0, (uniforms.extent_b - 1u));
  let total_1 = (minimum_1 * 2278u) + (h_base_0 * 1139u);
  let total_5 = (minimum_1 * 10050u) + (h_base_0 * 5025u);
  let product_3 = j_local_0 * 4u;
  for (var t_0 = uniforms.zero; t_0 < 9u; t_0 += 1u) {
    var sum_0: f32 = bitcast<f32>(uniforms.zero);
    var sum_1: f32 = bitcast<f32>(uniforms.zero);
    var sum_2: f32 = bitcast<f32>(uniforms.zero);
    var sum_3: f32 = bitcast<f32>(uniforms.zero);
    var sum_4: f32 = bitcast<f32>(uniforms.zero);
    var sum_5: f32 = bitcast<f32>(uniforms.zero);
    var sum_6: f32 = bitcast<f32>(uniforms.zero);
    var sum_7: f32 = bitcast<f32>(uniforms.zero);
    var sum_8: f32 = bitcast<f32>(uniforms.zero);
    var sum_9: f32 = bitcast<f32>(uniforms.zero);
    var sum_10: f32 = bitcast<f32>(uniforms.zero);
    var sum_11: f32 = bitcast<f32>(uniforms.zero);
    var sum_12: f32 = bitcast<f32>(uniforms.zero);
    var sum_13: f32 = bitcast<f32>(uniforms.zero);
    var sum_14: f32 = bitcast<f32>(uniforms.zero);
    var sum_15: f32 = bitcast<f32>(uniforms.zero);
    let minimum_0 = min(16u, (133u - (t_0 * 16u)));
    let product_0 = t_0 * 8u;
    for (var stretch_0 = uniforms.zero; stretch_0 < minimum_0; stretch_0 += 16u) {
      workgroupBarrier();
      let subtract_0 = min(16u, (minimum_0 - stretch_0)) - 1u;
      let divide_0 = stretch_0 / 2u;
      for (var load_0 = local_index; load_0 < 512u; load_0 += 64u) {
        let total_0 = ((load_0 % 16u) * 33u) + (load_0 / 16u);
        let total_2 = total_1 + (min((load_0 / 16u), 16u) * 67u);
        let total_3 = ((total_2 + product_0) + divide_0) + (min((load_0 % 16u), subtract_0) / 2u);
        let a_words_0 = a_data[total_3];
        let product_1 = (min((load_0 % 16u), subtract_0) % 2u) * 16u;
        let a_0 = bitcast<f32>((a_words_0 >> product_1) << 16u);
        a_tile_0[total_0] = a_0;
      }
      for (var load_1 = local_index; load_1 < 512u; load_1 += 64u) {
        let total_4 = ((load_1 % 16u) * 33u) + (load_1 / 16u);
        let minimum_2 = min((j_base_0 + (load_1 / 16u)), 74u);
        let total_6 = (total_5 + (minimum_2 * 67u)) + product_0;
        let total_7 = (total_6 + divide_0) + (min((load_1 % 16u), subtract_0) / 2u);
        let w_words_0 = w_data[total_7];
        let product_2 = (min((load_1 % 16u), subtract_0) % 2u) * 16u;
        let w_0 = bitcast<f32>((w_words_0 >> product_2) << 16u);
        w_tile_0[total_4] = w_0;
      }
      workgroupBarrier();
      for (var t_1 = 0u; t_1 < min(16u, (minimum_0 - stretch_0)); t_1 += 1u) {
        let a_tile_1 = a_tile_0[((t_1 * 33u) + i_local_0)];
        let w_tile_1 = w_tile_0[((t_1 * 33u) + product_3)];
        sum_0 = fma(a_tile_1, w_tile_1, sum_0);
        let w_tile_2 = w_tile_0[(((t_1 * 33u) + product_3) + 1u)];
        sum_1 = fma(a_tile_1, w_tile_2, sum_1);
        let w_tile_3 = w_tile_0[(((t_1 * 33u) + product_3) + 2u)];
        sum_2 = fma(a_tile_1, w_tile_3, sum_2);
        let w_tile_4 = w_tile_0[(((t_1 * 33u) + product_3) + 3u)];
        sum_3 = fma(a_tile_1, w_tile_4, sum_3);
        let a_tile_2 = a_tile_0[(((t_1 * 33u) + i_local_0) + 8u)];
        sum_4 = fma(a_tile_2, w_tile_1, sum_4);
        sum_5 = fma(a_tile_2, w_tile_2, sum_5);
        sum_6 = fma(a_tile_2, w_tile_3, sum_6);
        sum_7 = fma(a_tile_2, w_tile_4, sum_7);
        let a_tile_3 = a_tile_0[(((t_1 * 33u) + i_local_0) + 16u)];
        sum_8 = fma(a_tile_3, w_tile_1, sum_8);
        sum_9 = fma(a_tile_3, w_tile_2, sum_9);
        sum_10 = fma(a_tile_3, w_tile_3, sum_10);
        sum_11 = fma(a_tile_3, w_tile_4, sum_11);
        let a_tile_4 = a_tile_0[(((t_1 * 33u) + i_local_0) + 24u)];
        sum_12 = fma(a_tile_4, w_tile_1, sum_12);
        sum_13 = fma(a_tile_4, w_tile_2, sum_13);
        sum_14 = fma(a_tile_4, w_tile_3, sum_14);
        sum_15 = fma(a_tile_4, w_tile_4, sum_15);
      }
    }
    var sum_16: f32 = sum_0;
    var sum_17: f32 = sum_1;
    var sum_18: f32 = sum_2;
    var sum_19: f32 = sum_3;
    var sum_20: f32 = sum_4;
    var sum_21: f32 = sum_5;
    var sum_22: f32 = sum_6;
    var sum_23: f32 = sum_7;
    var sum_24: f32 = sum_8;
    var sum_25: f32 = sum_9;
    var sum_26: f32 = sum_10;
    var sum_27: f32 = sum_11;
    var sum_28: f32 = sum_12;
    var sum_29: f32 = sum_13;
    var sum_30: f32 = sum_14;
    var sum_31: f32 = sum_15;
    var carry_0: u32 = t_0;
    while ((carry_0 & 1u) == 1u) {
      depth_0 = depth_0 - 1u;
      sum_16 = sum_stack_0[depth_0] + sum_16;
      sum_17 = sum_stack_1[depth_0] + sum_17;
      sum_18 = sum_stack_2[depth_0] + sum_18;
      sum_19 = sum_stack_3[depth_0] + sum_19;
      sum_20 = sum_stack_4[depth_0] + sum_20;
      sum_21 = sum_stack_5[depth_0] + sum_21;
      sum_22 = sum_stack_6[depth_0] + sum_22;
      sum_23 = sum_stack_7[depth_0] + sum_23;
      sum_24 = sum_stack_8[depth_0] + sum_24;
      sum_25 = sum_stack_9[depth_0] + sum_25;
      sum_26 = sum_stack_10[depth_0] + sum_26;
      sum_27 = sum_stack_11[depth_0] + sum_27;
      sum_28 = sum_stack_12[depth_0] + sum_28;
      sum_29 = sum_stack_13[depth_0] + sum_29;
      sum_30 = sum_stack_14[depth_0] + sum_30;
      sum_31 = sum_stack_15[depth_0] + sum_31;
      carry_0 = carry_0 >> 1u;
    }
    sum_stack_0[depth_0] = sum_16;
    sum_stack_1[depth_0] = sum_17;
    sum_stack_2[depth_0] = sum_18;
    sum_stack_3[depth_0] = sum_19;
    sum_stack_4[depth_0] = sum_20;
    sum_stack_5[depth_0] = sum_21;
    sum_stack_6[depth_0] = sum_22;
    sum_stack_7[depth_0] = sum_23;
    sum_stack_8[depth_0] = sum_24;
    sum_stack_9[depth_0] = sum_25;
    sum_stack_10[depth_0] = sum_26;
    sum_stack_11[depth_0] = sum_27;
    sum_stack_12[depth_0] = sum_28;
    sum_stack_13[depth_0] = sum_29;
    sum_stack_14[depth_0] = sum_30;
    sum_stack_15[depth_0] = sum_31;
    depth_0 = depth_0 + 1u;
  }
  var sum_32: f32 = bitcast<f32>(uniforms.zero);
  var sum_33: f32 = bitcast<f32>(uniforms.zero);
  var sum_34: f32 = bitcast<f32>(uniforms.zero);
  var sum_35: f32 = bitcast<f32>(uniforms.zero);
  var sum_36: f32 = bitcast<f32>(uniforms.zero);
  var sum_37: f32 = bitcast<f32>(uniforms.zero);
  var sum_38: f32 = bitcast<f32>(uniforms.zero);
  var sum_39: f32 = bitcast<f32>(uniforms.zero);
  var sum_40: f32 = bitcast<f32>(uniforms.zero);
  var sum_41: f32 = bitcast<f32>(uniforms.zero);
  var sum_42: f32 = bitcast<f32>(uniforms.zero);
  var sum_43: f32 = bitcast<f32>(uniforms.zero);
  var sum_44: f32 = bitcast<f32>(uniforms.zero);
  var sum_45: f32 = bitcast<f32>(uniforms.zero);
  var sum_46: f32 = bitcast<f32>(uniforms.zero);
  var sum_47: f32 = bitcast<f32>(uniforms.zero);
  if (depth_0 > 0u) {
    depth_0 = depth_0 - 1u;
    var sum_48: f32 = sum_stack_0[depth_0];
    var sum_49: f32 = sum_stack_1[depth_0];
    var sum_50: f32 = sum_stack_2[depth_0];
    var sum_51: f32 = sum_stack_3[depth_0];
    var sum_52: f32 = sum_stack_4[depth_0];
    var sum_53: f32 = sum_stack_5[depth_0];
    var sum_54: f32 = sum_stack_6[depth_0];
    var sum_55: f32 = sum_stack_7[depth_0];
    var sum_56: f32 = sum_stack_8[depth_0];
    var sum_57: f32 = sum_stack_9[depth_0];
    var sum_58: f32 = sum_stack_10[depth_0];
    var sum_59: f32 = sum_stack_11[depth_0];
    var sum_60: f32 = sum_stack_12[depth_0];
    var sum_61: f32 = sum_stack_13[depth_0];
    var sum_62: f32 = sum_stack_14[depth_0];
    var sum_63: f32 = sum_stack_15[depth_0];
    while (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      sum_48 = sum_stack_0[depth_0] + sum_48;
      sum_49 = sum_stack_1[depth_0] + sum_49;
      sum_50 = sum_stack_2[depth_0] + sum_50;
      sum_51 = sum_stack_3[depth_0] + sum_51;
      sum_52 = sum_stack_4[depth_0] + sum_52;
      sum_53 = sum_stack_5[depth_0] + sum_53;
      sum_54 = sum_stack_6[depth_0] + sum_54;
      sum_55 = sum_stack_7[depth_0] + sum_55;
      sum_56 = sum_stack_8[depth_0] + sum_56;
      sum_57 = sum_stack_9[depth_0] + sum_57;
      sum_58 = sum_stack_10[depth_0] + sum_58;
      sum_59 = sum_stack_11[depth_0] + sum_59;
      sum_60 = sum_stack_12[depth_0] + sum_60;
      sum_61 = sum_stack_13[depth_0] + sum_61;
      sum_62 = sum_stack_14[depth_0] + sum_62;
      sum_63 = sum_stack_15[depth_0] + sum_63;
    }
    sum_32 = sum_32 + sum_48;
    sum_33 = sum_33 + sum_49;
    sum_34 = sum_34 + sum_50;
    sum_35 = sum_35 + sum_51;
    sum_36 = sum_36 + sum_52;
    sum_37 = sum_37 + sum_53;
    sum_38 = sum_38 + sum_54;
    sum_39 = sum_39 + sum_55;
    sum_40 = sum_40 + sum_56;
    sum_41 = sum_41 + sum_57;
    sum_42 = sum_42 + sum_58;
    sum_43 = sum_43 + sum_59;
    sum_44 = sum_44 + sum_60;
    sum_45 = sum_45 + sum_61;
    sum_46 = sum_46 + sum_62;
    sum_47 = sum_47 + sum_63;
  }
  let rounded_0 = round_bf16(sum_33);
  let select_0 = select(0u, bitcast<u32>(rounded_0), ((j_base_0 + (product_3 + 1u)) < 75u));
  let rounded_1 = round_bf16(sum_32);
  let total_8 = ((minimum_1 * 1292u) + (h_base_0 * 646u)) + (min(i_local_0, 16u) * 38u);
  let total_9 = total_8 + (min((j_base_0 + product_3), 74u) / 2u);
  if ((b_base_0 < uniforms.extent_b) && (i_local_0 < 17u) && ((j_base_0 + product_3) < 75u)) {
    output_data[total_9] = (bitcast<u32>(rounded_1) >> 16u) | select_0;
  }
  let rounded_2 = round_bf16(sum_35);
  let select_1 = select(0u, bitcast<u32>(rounded_2), ((j_base_0 + (product_3 + 3u)) < 75u));
  let rounded_3 = round_bf16(sum_34);
  let minimum_3 = min((j_base_0 + (product_3 + 2u)), 74u);
  if ((b_base_0 < uniforms.extent_b) && (i_local_0 < 17u) && ((j_base_0 + (product_3 + 2u)) < 75u)) {
    output_data[(total_8 + (minimum_3 / 2u))] = (bitcast<u32>(rounded_3) >> 16u) | select_1;
  }
  let rounded_4 = round_bf16(sum_37);
  let select_2 = select(0u, bitcast<u32>(rounded_4), ((j_base_0 + (product_3 + 1u)) < 75u));
  let rounded_5 = round_bf16(sum_36);
  let total_10 = ((minimum_1 * 1292u) + (h_base_0 * 646u)) + (min((i_local_0 + 8u), 16u) * 38u);
  let total_11 = total_10 + (min((j_base_0 + product_3), 74u) / 2u);
  if ((b_base_0 < uniforms.extent_b) && ((i_local_0 + 8u) < 17u) && ((j_base_0 + product_3) < 75u)) {
    output_data[total_11] = (bitcast<u32>(rounded_5) >> 16u) | select_2;
  }
  let rounded_6 = round_bf16(sum_39);
  let select_3 = select(0u, bitcast<u32>(rounded_6), ((j_base_0 + (product_3 + 3u)) < 75u));
  let rounded_7 = round_bf16(sum_38);
  if ((b_base_0 < uniforms.extent_b) && ((i_local_0 + 8u) < 17u) && ((j_base_0 + (product_3 + 2u)) < 75u)) {
    output_data[(total_10 + (minimum_3 / 2u))] = (bitcast<u32>(rounded_7) >> 16u) | select_3;
  }
  let rounded_8 = round_bf16(sum_41);
  let select_4 = select(0u, bitcast<u32>(rounded_8), ((j_base_0 + (product_3 + 1u)) < 75u));
  let rounded_9 = round_bf16(sum_40);
  let total_12 = ((minimum_1 * 1292u) + (h_base_0 * 646u)) + (min((i_local_0 + 16u), 16u) * 38u);
  let total_13 = total_12 + (min((j_base_0 + product_3), 74u) / 2u);
  if ((b_base_0 < uniforms.extent_b) && ((i_local_0 + 16u) < 17u) && ((j_base_0 + product_3) < 75u)) {
    output_data[total_13] = (bitcast<u32>(rounded_9) >> 16u) | select_4;
  }
  let rounded_10 = round_bf16(sum_43);
  let select_5 = select(0u, bitcast<u32>(rounded_10), ((j_base_0 + (product_3 + 3u)) < 75u));
  let rounded_11 = round_bf16(sum_42);
  if ((b_base_0 < uniforms.extent_b) && ((i_local_0 + 16u) < 17u) && ((j_base_0 + (product_3 + 2u)) < 75u)) {
    output_data[(total_12 + (minimum_3 / 2u))] = (bitcast<u32>(rounded_11) >> 16u) | select_5;
  }
  let rounded_12 = round_bf16(sum_45);
  let select_6 = select(0u, bitcast<u32>(rounded_12), ((j_base_0 + (product_3 + 1u)) < 75u));
  let rounded_13 = round_bf16(sum_44);
  let total_14 = ((minimum_1 * 1292u) + (h_base_0 * 646u)) + (min((i_local_0 + 24u), 16u) * 38u);
  let total_15 = total_14 + (min((j_base_0 + product_3), 74u) / 2u);
  if ((b_base_0 < uniforms.extent_b) && ((i_local_0 + 24u) < 17u) && ((j_base_0 + product_3) < 75u)) {
    output_data[total_15] = (bitcast<u32>(rounded_13) >> 16u) | select_6;
  }
  let rounded_14 = round_bf16(sum_47);
  let select_7 = select(0u, bitcast<u32>(rounded_14), ((j_base_0 + (product_3 + 3u)) < 75u));
  let rounded_15 = round_bf16(sum_46);
  if ((b_base_0 < uniforms.extent_b) && ((i_local_0 + 24u) < 17u) && ((j_base_0 + (product_3 + 2u)) < 75u)) {
    output_data[(total_14 + (minimum_3 / 2u))] = (bitcast<u32>(rounded_15) >> 16u) | select_7;
  }
}
