// matmulNN, alone-4x4
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read> w_data: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_data: array<f32>;

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let out_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= ((uniforms.extent_token + 3u) / 4u)) {
    return;
  }
  let token_base_0 = tile_0 * 4u;
  var sum_stack_0: array<f32, 4>;
  var sum_stack_1: array<f32, 4>;
  var sum_stack_2: array<f32, 4>;
  var sum_stack_3: array<f32, 4>;
  var sum_stack_4: array<f32, 4>;
  var sum_stack_5: array<f32, 4>;
  var sum_stack_6: array<f32, 4>;
  var sum_stack_7: array<f32, 4>;
  var sum_stack_8: array<f32, 4>;
  var sum_stack_9: array<f32, 4>;
  var sum_stack_10: array<f32, 4>;
  var sum_stack_11: array<f32, 4>;
  var sum_stack_12: array<f32, 4>;
  var sum_stack_13: array<f32, 4>;
  var sum_stack_14: array<f32, 4>;
  var sum_stack_15: array<f32, 4>;
  var depth_0: u32 = 0u;
  let minimum_1 = min(token_base_0, (uniforms.extent_token - 1u));
  let product_1 = minimum_1 * 133u;
  let minimum_2 = min(out_local_0, 20u);
  let minimum_3 = min((out_local_0 + 32u), 20u);
  let minimum_4 = min((out_local_0 + 64u), 20u);
  let minimum_5 = min((out_local_0 + 96u), 20u);
  let minimum_6 = min((token_base_0 + 1u), (uniforms.extent_token - 1u));
  let product_7 = minimum_6 * 133u;
  let minimum_7 = min((token_base_0 + 2u), (uniforms.extent_token - 1u));
  let product_12 = minimum_7 * 133u;
  let minimum_8 = min((token_base_0 + 3u), (uniforms.extent_token - 1u));
  let product_17 = minimum_8 * 133u;
  for (var t_0 = uniforms.zero; t_0 < 5u; t_0 += 1u) {
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
    let product_0 = t_0 * 32u;
    let minimum_0 = min(133u, (product_0 + 32u));
    let total_1 = product_1 + product_0;
    let product_2 = t_0 * 672u;
    let total_8 = product_7 + product_0;
    let total_10 = product_12 + product_0;
    let total_12 = product_17 + product_0;
    for (var t_1 = uniforms.zero; t_1 < 4u; t_1 += 1u) {
      var sum_16: f32 = bitcast<f32>(uniforms.zero);
      var sum_17: f32 = bitcast<f32>(uniforms.zero);
      var sum_18: f32 = bitcast<f32>(uniforms.zero);
      var sum_19: f32 = bitcast<f32>(uniforms.zero);
      var sum_20: f32 = bitcast<f32>(uniforms.zero);
      var sum_21: f32 = bitcast<f32>(uniforms.zero);
      var sum_22: f32 = bitcast<f32>(uniforms.zero);
      var sum_23: f32 = bitcast<f32>(uniforms.zero);
      var sum_24: f32 = bitcast<f32>(uniforms.zero);
      var sum_25: f32 = bitcast<f32>(uniforms.zero);
      var sum_26: f32 = bitcast<f32>(uniforms.zero);
      var sum_27: f32 = bitcast<f32>(uniforms.zero);
      var sum_28: f32 = bitcast<f32>(uniforms.zero);
      var sum_29: f32 = bitcast<f32>(uniforms.zero);
      var sum_30: f32 = bitcast<f32>(uniforms.zero);
      var sum_31: f32 = bitcast<f32>(uniforms.zero);
      let total_0 = (minimum_0 - (product_0 + t_1)) + 3u;
      let total_2 = total_1 + t_1;
      let total_3 = product_2 + (t_1 * 21u);
      let total_9 = total_8 + t_1;
      let total_11 = total_10 + t_1;
      let total_13 = total_12 + t_1;
      for (var t_2 = 0u; t_2 < (total_0 / 4u); t_2 += 1u) {
        let x_0 = x_data[(total_2 + (t_2 * 4u))];
        let total_4 = (total_3 + (t_2 * 84u)) + minimum_2;
        let w_0 = w_data[total_4];
        let product_3 = seal(x_0 * w_0);
        sum_16 = sum_16 + product_3;
        let total_5 = (total_3 + (t_2 * 84u)) + minimum_3;
        let w_1 = w_data[total_5];
        let product_4 = seal(x_0 * w_1);
        sum_17 = sum_17 + product_4;
        let total_6 = (total_3 + (t_2 * 84u)) + minimum_4;
        let w_2 = w_data[total_6];
        let product_5 = seal(x_0 * w_2);
        sum_18 = sum_18 + product_5;
        let total_7 = (total_3 + (t_2 * 84u)) + minimum_5;
        let w_3 = w_data[total_7];
        let product_6 = seal(x_0 * w_3);
        sum_19 = sum_19 + product_6;
        let x_1 = x_data[(total_9 + (t_2 * 4u))];
        let product_8 = seal(x_1 * w_0);
        sum_20 = sum_20 + product_8;
        let product_9 = seal(x_1 * w_1);
        sum_21 = sum_21 + product_9;
        let product_10 = seal(x_1 * w_2);
        sum_22 = sum_22 + product_10;
        let product_11 = seal(x_1 * w_3);
        sum_23 = sum_23 + product_11;
        let x_2 = x_data[(total_11 + (t_2 * 4u))];
        let product_13 = seal(x_2 * w_0);
        sum_24 = sum_24 + product_13;
        let product_14 = seal(x_2 * w_1);
        sum_25 = sum_25 + product_14;
        let product_15 = seal(x_2 * w_2);
        sum_26 = sum_26 + product_15;
        let product_16 = seal(x_2 * w_3);
        sum_27 = sum_27 + product_16;
        let x_3 = x_data[(total_13 + (t_2 * 4u))];
        let product_18 = seal(x_3 * w_0);
        sum_28 = sum_28 + product_18;
        let product_19 = seal(x_3 * w_1);
        sum_29 = sum_29 + product_19;
        let product_20 = seal(x_3 * w_2);
        sum_30 = sum_30 + product_20;
        let product_21 = seal(x_3 * w_3);
        sum_31 = sum_31 + product_21;
      }
      sum_0 = sum_0 + sum_16;
      sum_1 = sum_1 + sum_17;
      sum_2 = sum_2 + sum_18;
      sum_3 = sum_3 + sum_19;
      sum_4 = sum_4 + sum_20;
      sum_5 = sum_5 + sum_21;
      sum_6 = sum_6 + sum_22;
      sum_7 = sum_7 + sum_23;
      sum_8 = sum_8 + sum_24;
      sum_9 = sum_9 + sum_25;
      sum_10 = sum_10 + sum_26;
      sum_11 = sum_11 + sum_27;
      sum_12 = sum_12 + sum_28;
      sum_13 = sum_13 + sum_29;
      sum_14 = sum_14 + sum_30;
      sum_15 = sum_15 + sum_31;
    }
    var sum_32: f32 = sum_0;
    var sum_33: f32 = sum_1;
    var sum_34: f32 = sum_2;
    var sum_35: f32 = sum_3;
    var sum_36: f32 = sum_4;
    var sum_37: f32 = sum_5;
    var sum_38: f32 = sum_6;
    var sum_39: f32 = sum_7;
    var sum_40: f32 = sum_8;
    var sum_41: f32 = sum_9;
    var sum_42: f32 = sum_10;
    var sum_43: f32 = sum_11;
    var sum_44: f32 = sum_12;
    var sum_45: f32 = sum_13;
    var sum_46: f32 = sum_14;
    var sum_47: f32 = sum_15;
    var carry_0: u32 = t_0;
    while ((carry_0 & 1u) == 1u) {
      depth_0 = depth_0 - 1u;
      sum_32 = sum_stack_0[depth_0] + sum_32;
      sum_33 = sum_stack_1[depth_0] + sum_33;
      sum_34 = sum_stack_2[depth_0] + sum_34;
      sum_35 = sum_stack_3[depth_0] + sum_35;
      sum_36 = sum_stack_4[depth_0] + sum_36;
      sum_37 = sum_stack_5[depth_0] + sum_37;
      sum_38 = sum_stack_6[depth_0] + sum_38;
      sum_39 = sum_stack_7[depth_0] + sum_39;
      sum_40 = sum_stack_8[depth_0] + sum_40;
      sum_41 = sum_stack_9[depth_0] + sum_41;
      sum_42 = sum_stack_10[depth_0] + sum_42;
      sum_43 = sum_stack_11[depth_0] + sum_43;
      sum_44 = sum_stack_12[depth_0] + sum_44;
      sum_45 = sum_stack_13[depth_0] + sum_45;
      sum_46 = sum_stack_14[depth_0] + sum_46;
      sum_47 = sum_stack_15[depth_0] + sum_47;
      carry_0 = carry_0 >> 1u;
    }
    sum_stack_0[depth_0] = sum_32;
    sum_stack_1[depth_0] = sum_33;
    sum_stack_2[depth_0] = sum_34;
    sum_stack_3[depth_0] = sum_35;
    sum_stack_4[depth_0] = sum_36;
    sum_stack_5[depth_0] = sum_37;
    sum_stack_6[depth_0] = sum_38;
    sum_stack_7[depth_0] = sum_39;
    sum_stack_8[depth_0] = sum_40;
    sum_stack_9[depth_0] = sum_41;
    sum_stack_10[depth_0] = sum_42;
    sum_stack_11[depth_0] = sum_43;
    sum_stack_12[depth_0] = sum_44;
    sum_stack_13[depth_0] = sum_45;
    sum_stack_14[depth_0] = sum_46;
    sum_stack_15[depth_0] = sum_47;
    depth_0 = depth_0 + 1u;
  }
  var sum_48: f32 = bitcast<f32>(uniforms.zero);
  var sum_49: f32 = bitcast<f32>(uniforms.zero);
  var sum_50: f32 = bitcast<f32>(uniforms.zero);
  var sum_51: f32 = bitcast<f32>(uniforms.zero);
  var sum_52: f32 = bitcast<f32>(uniforms.zero);
  var sum_53: f32 = bitcast<f32>(uniforms.zero);
  var sum_54: f32 = bitcast<f32>(uniforms.zero);
  var sum_55: f32 = bitcast<f32>(uniforms.zero);
  var sum_56: f32 = bitcast<f32>(uniforms.zero);
  var sum_57: f32 = bitcast<f32>(uniforms.zero);
  var sum_58: f32 = bitcast<f32>(uniforms.zero);
  var sum_59: f32 = bitcast<f32>(uniforms.zero);
  var sum_60: f32 = bitcast<f32>(uniforms.zero);
  var sum_61: f32 = bitcast<f32>(uniforms.zero);
  var sum_62: f32 = bitcast<f32>(uniforms.zero);
  var sum_63: f32 = bitcast<f32>(uniforms.zero);
  if (depth_0 > 0u) {
    depth_0 = depth_0 - 1u;
    var sum_64: f32 = sum_stack_0[depth_0];
    var sum_65: f32 = sum_stack_1[depth_0];
    var sum_66: f32 = sum_stack_2[depth_0];
    var sum_67: f32 = sum_stack_3[depth_0];
    var sum_68: f32 = sum_stack_4[depth_0];
    var sum_69: f32 = sum_stack_5[depth_0];
    var sum_70: f32 = sum_stack_6[depth_0];
    var sum_71: f32 = sum_stack_7[depth_0];
    var sum_72: f32 = sum_stack_8[depth_0];
    var sum_73: f32 = sum_stack_9[depth_0];
    var sum_74: f32 = sum_stack_10[depth_0];
    var sum_75: f32 = sum_stack_11[depth_0];
    var sum_76: f32 = sum_stack_12[depth_0];
    var sum_77: f32 = sum_stack_13[depth_0];
    var sum_78: f32 = sum_stack_14[depth_0];
    var sum_79: f32 = sum_stack_15[depth_0];
    while (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      sum_64 = sum_stack_0[depth_0] + sum_64;
      sum_65 = sum_stack_1[depth_0] + sum_65;
      sum_66 = sum_stack_2[depth_0] + sum_66;
      sum_67 = sum_stack_3[depth_0] + sum_67;
      sum_68 = sum_stack_4[depth_0] + sum_68;
      sum_69 = sum_stack_5[depth_0] + sum_69;
      sum_70 = sum_stack_6[depth_0] + sum_70;
      sum_71 = sum_stack_7[depth_0] + sum_71;
      sum_72 = sum_stack_8[depth_0] + sum_72;
      sum_73 = sum_stack_9[depth_0] + sum_73;
      sum_74 = sum_stack_10[depth_0] + sum_74;
      sum_75 = sum_stack_11[depth_0] + sum_75;
      sum_76 = sum_stack_12[depth_0] + sum_76;
      sum_77 = sum_stack_13[depth_0] + sum_77;
      sum_78 = sum_stack_14[depth_0] + sum_78;
      sum_79 = sum_stack_15[depth_0] + sum_79;
    }
    sum_48 = sum_48 + sum_64;
    sum_49 = sum_49 + sum_65;
    sum_50 = sum_50 + sum_66;
    sum_51 = sum_51 + sum_67;
    sum_52 = sum_52 + sum_68;
    sum_53 = sum_53 + sum_69;
    sum_54 = sum_54 + sum_70;
    sum_55 = sum_55 + sum_71;
    sum_56 = sum_56 + sum_72;
    sum_57 = sum_57 + sum_73;
    sum_58 = sum_58 + sum_74;
    sum_59 = sum_59 + sum_75;
    sum_60 = sum_60 + sum_76;
    sum_61 = sum_61 + sum_77;
    sum_62 = sum_62 + sum_78;
    sum_63 = sum_63 + sum_79;
  }
  if ((token_base_0 < uniforms.extent_token) && (out_local_0 < 21u)) {
    output_data[((minimum_1 * 21u) + minimum_2)] = canonical(sum_48);
  }
  if ((token_base_0 < uniforms.extent_token) && ((out_local_0 + 32u) < 21u)) {
    output_data[((minimum_1 * 21u) + minimum_3)] = canonical(sum_49);
  }
  if ((token_base_0 < uniforms.extent_token) && ((out_local_0 + 64u) < 21u)) {
    output_data[((minimum_1 * 21u) + minimum_4)] = canonical(sum_50);
  }
  if ((token_base_0 < uniforms.extent_token) && ((out_local_0 + 96u) < 21u)) {
    output_data[((minimum_1 * 21u) + minimum_5)] = canonical(sum_51);
  }
  if (((token_base_0 + 1u) < uniforms.extent_token) && (out_local_0 < 21u)) {
    output_data[((minimum_6 * 21u) + minimum_2)] = canonical(sum_52);
  }
  if (((token_base_0 + 1u) < uniforms.extent_token) && ((out_local_0 + 32u) < 21u)) {
    output_data[((minimum_6 * 21u) + minimum_3)] = canonical(sum_53);
  }
  if (((token_base_0 + 1u) < uniforms.extent_token) && ((out_local_0 + 64u) < 21u)) {
    output_data[((minimum_6 * 21u) + minimum_4)] = canonical(sum_54);
  }
  if (((token_base_0 + 1u) < uniforms.extent_token) && ((out_local_0 + 96u) < 21u)) {
    output_data[((minimum_6 * 21u) + minimum_5)] = canonical(sum_55);
  }
  if (((token_base_0 + 2u) < uniforms.extent_token) && (out_local_0 < 21u)) {
    output_data[((minimum_7 * 21u) + minimum_2)] = canonical(sum_56);
  }
  if (((token_base_0 + 2u) < uniforms.extent_token) && ((out_local_0 + 32u) < 21u)) {
    output_data[((minimum_7 * 21u) + minimum_3)] = canonical(sum_57);
  }
  if (((token_base_0 + 2u) < uniforms.extent_token) && ((out_local_0 + 64u) < 21u)) {
    output_data[((minimum_7 * 21u) + minimum_4)] = canonical(sum_58);
  }
  if (((token_base_0 + 2u) < uniforms.extent_token) && ((out_local_0 + 96u) < 21u)) {
    output_data[((minimum_7 * 21u) + minimum_5)] = canonical(sum_59);
  }
  if (((token_base_0 + 3u) < uniforms.extent_token) && (out_local_0 < 21u)) {
    output_data[((minimum_8 * 21u) + minimum_2)] = canonical(sum_60);
  }
  if (((token_base_0 + 3u) < uniforms.extent_token) && ((out_local_0 + 32u) < 21u)) {
    output_data[((minimum_8 * 21u) + minimum_3)] = canonical(sum_61);
  }
  if (((token_base_0 + 3u) < uniforms.extent_token) && ((out_local_0 + 64u) < 21u)) {
    output_data[((minimum_8 * 21u) + minimum_4)] = canonical(sum_62);
  }
  if (((token_base_0 + 3u) < uniforms.extent_token) && ((out_local_0 + 96u) < 21u)) {
    output_data[((minimum_8 * 21u) + minimum_5)] = canonical(sum_63);
  }
}
