// nestedPairwise, registers
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read> v_data: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_data: array<f32>;

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let token_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= ((uniforms.extent_token + 63u) / 64u)) {
    return;
  }
  let token_base_0 = tile_0 * 64u;
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
  var sum_16: f32 = bitcast<f32>(uniforms.zero);
  let minimum_0 = min((token_base_0 + token_local_0), (uniforms.extent_token - 1u));
  let product_0 = minimum_0 * 9u;
  for (var a_0 = uniforms.zero; a_0 < 9u; a_0 += 1u) {
    var sum_stack_0: array<f32, 3>;
    var sum_stack_1: array<f32, 3>;
    var sum_stack_2: array<f32, 3>;
    var sum_stack_3: array<f32, 3>;
    var sum_stack_4: array<f32, 3>;
    var sum_stack_5: array<f32, 3>;
    var sum_stack_6: array<f32, 3>;
    var sum_stack_7: array<f32, 3>;
    var sum_stack_8: array<f32, 3>;
    var sum_stack_9: array<f32, 3>;
    var sum_stack_10: array<f32, 3>;
    var sum_stack_11: array<f32, 3>;
    var sum_stack_12: array<f32, 3>;
    var sum_stack_13: array<f32, 3>;
    var sum_stack_14: array<f32, 3>;
    var sum_stack_15: array<f32, 3>;
    var sum_stack_16: array<f32, 3>;
    var depth_0: u32 = 0u;
    let x_0 = x_data[(product_0 + a_0)];
    for (var b_0 = uniforms.zero; b_0 < 3u; b_0 += 1u) {
      let v_0 = v_data[(b_0 * 17u)];
      let product_1 = seal(x_0 * v_0);
      let v_1 = v_data[((b_0 * 17u) + 1u)];
      let product_2 = seal(x_0 * v_1);
      let v_2 = v_data[((b_0 * 17u) + 2u)];
      let product_3 = seal(x_0 * v_2);
      let v_3 = v_data[((b_0 * 17u) + 3u)];
      let product_4 = seal(x_0 * v_3);
      let v_4 = v_data[((b_0 * 17u) + 4u)];
      let product_5 = seal(x_0 * v_4);
      let v_5 = v_data[((b_0 * 17u) + 5u)];
      let product_6 = seal(x_0 * v_5);
      let v_6 = v_data[((b_0 * 17u) + 6u)];
      let product_7 = seal(x_0 * v_6);
      let v_7 = v_data[((b_0 * 17u) + 7u)];
      let product_8 = seal(x_0 * v_7);
      let v_8 = v_data[((b_0 * 17u) + 8u)];
      let product_9 = seal(x_0 * v_8);
      let v_9 = v_data[((b_0 * 17u) + 9u)];
      let product_10 = seal(x_0 * v_9);
      let v_10 = v_data[((b_0 * 17u) + 10u)];
      let product_11 = seal(x_0 * v_10);
      let v_11 = v_data[((b_0 * 17u) + 11u)];
      let product_12 = seal(x_0 * v_11);
      let v_12 = v_data[((b_0 * 17u) + 12u)];
      let product_13 = seal(x_0 * v_12);
      let v_13 = v_data[((b_0 * 17u) + 13u)];
      let product_14 = seal(x_0 * v_13);
      let v_14 = v_data[((b_0 * 17u) + 14u)];
      let product_15 = seal(x_0 * v_14);
      let v_15 = v_data[((b_0 * 17u) + 15u)];
      let product_16 = seal(x_0 * v_15);
      let v_16 = v_data[((b_0 * 17u) + 16u)];
      let product_17 = seal(x_0 * v_16);
      var sum_17: f32 = product_1;
      var sum_18: f32 = product_2;
      var sum_19: f32 = product_3;
      var sum_20: f32 = product_4;
      var sum_21: f32 = product_5;
      var sum_22: f32 = product_6;
      var sum_23: f32 = product_7;
      var sum_24: f32 = product_8;
      var sum_25: f32 = product_9;
      var sum_26: f32 = product_10;
      var sum_27: f32 = product_11;
      var sum_28: f32 = product_12;
      var sum_29: f32 = product_13;
      var sum_30: f32 = product_14;
      var sum_31: f32 = product_15;
      var sum_32: f32 = product_16;
      var sum_33: f32 = product_17;
      var carry_0: u32 = b_0;
      while ((carry_0 & 1u) == 1u) {
        depth_0 = depth_0 - 1u;
        sum_17 = sum_stack_0[depth_0] + sum_17;
        sum_18 = sum_stack_1[depth_0] + sum_18;
        sum_19 = sum_stack_2[depth_0] + sum_19;
        sum_20 = sum_stack_3[depth_0] + sum_20;
        sum_21 = sum_stack_4[depth_0] + sum_21;
        sum_22 = sum_stack_5[depth_0] + sum_22;
        sum_23 = sum_stack_6[depth_0] + sum_23;
        sum_24 = sum_stack_7[depth_0] + sum_24;
        sum_25 = sum_stack_8[depth_0] + sum_25;
        sum_26 = sum_stack_9[depth_0] + sum_26;
        sum_27 = sum_stack_10[depth_0] + sum_27;
        sum_28 = sum_stack_11[depth_0] + sum_28;
        sum_29 = sum_stack_12[depth_0] + sum_29;
        sum_30 = sum_stack_13[depth_0] + sum_30;
        sum_31 = sum_stack_14[depth_0] + sum_31;
        sum_32 = sum_stack_15[depth_0] + sum_32;
        sum_33 = sum_stack_16[depth_0] + sum_33;
        carry_0 = carry_0 >> 1u;
      }
      sum_stack_0[depth_0] = sum_17;
      sum_stack_1[depth_0] = sum_18;
      sum_stack_2[depth_0] = sum_19;
      sum_stack_3[depth_0] = sum_20;
      sum_stack_4[depth_0] = sum_21;
      sum_stack_5[depth_0] = sum_22;
      sum_stack_6[depth_0] = sum_23;
      sum_stack_7[depth_0] = sum_24;
      sum_stack_8[depth_0] = sum_25;
      sum_stack_9[depth_0] = sum_26;
      sum_stack_10[depth_0] = sum_27;
      sum_stack_11[depth_0] = sum_28;
      sum_stack_12[depth_0] = sum_29;
      sum_stack_13[depth_0] = sum_30;
      sum_stack_14[depth_0] = sum_31;
      sum_stack_15[depth_0] = sum_32;
      sum_stack_16[depth_0] = sum_33;
      depth_0 = depth_0 + 1u;
    }
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
    var sum_48: f32 = bitcast<f32>(uniforms.zero);
    var sum_49: f32 = bitcast<f32>(uniforms.zero);
    var sum_50: f32 = bitcast<f32>(uniforms.zero);
    if (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      var sum_51: f32 = sum_stack_0[depth_0];
      var sum_52: f32 = sum_stack_1[depth_0];
      var sum_53: f32 = sum_stack_2[depth_0];
      var sum_54: f32 = sum_stack_3[depth_0];
      var sum_55: f32 = sum_stack_4[depth_0];
      var sum_56: f32 = sum_stack_5[depth_0];
      var sum_57: f32 = sum_stack_6[depth_0];
      var sum_58: f32 = sum_stack_7[depth_0];
      var sum_59: f32 = sum_stack_8[depth_0];
      var sum_60: f32 = sum_stack_9[depth_0];
      var sum_61: f32 = sum_stack_10[depth_0];
      var sum_62: f32 = sum_stack_11[depth_0];
      var sum_63: f32 = sum_stack_12[depth_0];
      var sum_64: f32 = sum_stack_13[depth_0];
      var sum_65: f32 = sum_stack_14[depth_0];
      var sum_66: f32 = sum_stack_15[depth_0];
      var sum_67: f32 = sum_stack_16[depth_0];
      while (depth_0 > 0u) {
        depth_0 = depth_0 - 1u;
        sum_51 = sum_stack_0[depth_0] + sum_51;
        sum_52 = sum_stack_1[depth_0] + sum_52;
        sum_53 = sum_stack_2[depth_0] + sum_53;
        sum_54 = sum_stack_3[depth_0] + sum_54;
        sum_55 = sum_stack_4[depth_0] + sum_55;
        sum_56 = sum_stack_5[depth_0] + sum_56;
        sum_57 = sum_stack_6[depth_0] + sum_57;
        sum_58 = sum_stack_7[depth_0] + sum_58;
        sum_59 = sum_stack_8[depth_0] + sum_59;
        sum_60 = sum_stack_9[depth_0] + sum_60;
        sum_61 = sum_stack_10[depth_0] + sum_61;
        sum_62 = sum_stack_11[depth_0] + sum_62;
        sum_63 = sum_stack_12[depth_0] + sum_63;
        sum_64 = sum_stack_13[depth_0] + sum_64;
        sum_65 = sum_stack_14[depth_0] + sum_65;
        sum_66 = sum_stack_15[depth_0] + sum_66;
        sum_67 = sum_stack_16[depth_0] + sum_67;
      }
      sum_34 = sum_34 + sum_51;
      sum_35 = sum_35 + sum_52;
      sum_36 = sum_36 + sum_53;
      sum_37 = sum_37 + sum_54;
      sum_38 = sum_38 + sum_55;
      sum_39 = sum_39 + sum_56;
      sum_40 = sum_40 + sum_57;
      sum_41 = sum_41 + sum_58;
      sum_42 = sum_42 + sum_59;
      sum_43 = sum_43 + sum_60;
      sum_44 = sum_44 + sum_61;
      sum_45 = sum_45 + sum_62;
      sum_46 = sum_46 + sum_63;
      sum_47 = sum_47 + sum_64;
      sum_48 = sum_48 + sum_65;
      sum_49 = sum_49 + sum_66;
      sum_50 = sum_50 + sum_67;
    }
    sum_0 = sum_0 + sum_34;
    sum_1 = sum_1 + sum_35;
    sum_2 = sum_2 + sum_36;
    sum_3 = sum_3 + sum_37;
    sum_4 = sum_4 + sum_38;
    sum_5 = sum_5 + sum_39;
    sum_6 = sum_6 + sum_40;
    sum_7 = sum_7 + sum_41;
    sum_8 = sum_8 + sum_42;
    sum_9 = sum_9 + sum_43;
    sum_10 = sum_10 + sum_44;
    sum_11 = sum_11 + sum_45;
    sum_12 = sum_12 + sum_46;
    sum_13 = sum_13 + sum_47;
    sum_14 = sum_14 + sum_48;
    sum_15 = sum_15 + sum_49;
    sum_16 = sum_16 + sum_50;
  }
  let less_0 = (token_base_0 + token_local_0) < uniforms.extent_token;
  if (less_0) {
    output_data[(minimum_0 * 17u)] = canonical(sum_0);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 1u)] = canonical(sum_1);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 2u)] = canonical(sum_2);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 3u)] = canonical(sum_3);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 4u)] = canonical(sum_4);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 5u)] = canonical(sum_5);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 6u)] = canonical(sum_6);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 7u)] = canonical(sum_7);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 8u)] = canonical(sum_8);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 9u)] = canonical(sum_9);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 10u)] = canonical(sum_10);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 11u)] = canonical(sum_11);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 12u)] = canonical(sum_12);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 13u)] = canonical(sum_13);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 14u)] = canonical(sum_14);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 15u)] = canonical(sum_15);
  }
  if (less_0) {
    output_data[((minimum_0 * 17u) + 16u)] = canonical(sum_16);
  }
}
