// conv2d, alone-4x4
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_image: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> pixels_data: array<f32>;
@group(0) @binding(2) var<storage, read> filter_data: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_data: array<f32>;

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let x_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_image * 4u)) {
    return;
  }
  let out_base_0 = tile_0 % 4u;
  let image_base_0 = tile_0 / 4u;
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
  let minimum_0 = min(image_base_0, (uniforms.extent_image - 1u));
  let less_0 = minimum_0 < uniforms.extent_image;
  let minimum_1 = min(x_local_0, 7u);
  let minimum_3 = min(minimum_0, (uniforms.extent_image - 1u));
  let product_0 = minimum_3 * 128u;
  let product_1 = out_base_0 * 36u;
  let minimum_4 = min((x_local_0 + 8u), 7u);
  let minimum_6 = min((x_local_0 + 16u), 7u);
  let minimum_8 = min((x_local_0 + 24u), 7u);
  for (var c_0 = uniforms.zero; c_0 < 4u; c_0 += 1u) {
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
    let total_0 = product_0 + (c_0 * 32u);
    let total_2 = product_1 + (c_0 * 9u);
    for (var i_0 = uniforms.zero; i_0 < 3u; i_0 += 1u) {
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
      let less_1 = (i_0 - 1u) < 4u;
      let total_1 = total_0 + (min((i_0 - 1u), 3u) * 8u);
      let total_3 = total_2 + (i_0 * 3u);
      let less_2 = ((1u + i_0) - 1u) < 4u;
      let total_4 = total_0 + (min(((1u + i_0) - 1u), 3u) * 8u);
      let less_3 = ((2u + i_0) - 1u) < 4u;
      let total_5 = total_0 + (min(((2u + i_0) - 1u), 3u) * 8u);
      let less_4 = ((3u + i_0) - 1u) < 4u;
      let total_6 = total_0 + (min(((3u + i_0) - 1u), 3u) * 8u);
      for (var j_0 = 0u; j_0 < 3u; j_0 += 1u) {
        let minimum_2 = min(((minimum_1 + j_0) - 1u), 7u);
        let pixels_0 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_1 + minimum_2)], less_0 & less_1 & (((minimum_1 + j_0) - 1u) < 8u));
        let filter_0 = filter_data[(total_3 + j_0)];
        let product_2 = seal(pixels_0 * filter_0);
        sum_32 = sum_32 + product_2;
        let minimum_5 = min(((minimum_4 + j_0) - 1u), 7u);
        let pixels_1 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_1 + minimum_5)], less_0 & less_1 & (((minimum_4 + j_0) - 1u) < 8u));
        let product_3 = seal(pixels_1 * filter_0);
        sum_33 = sum_33 + product_3;
        let minimum_7 = min(((minimum_6 + j_0) - 1u), 7u);
        let pixels_2 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_1 + minimum_7)], less_0 & less_1 & (((minimum_6 + j_0) - 1u) < 8u));
        let product_4 = seal(pixels_2 * filter_0);
        sum_34 = sum_34 + product_4;
        let minimum_9 = min(((minimum_8 + j_0) - 1u), 7u);
        let pixels_3 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_1 + minimum_9)], less_0 & less_1 & (((minimum_8 + j_0) - 1u) < 8u));
        let product_5 = seal(pixels_3 * filter_0);
        sum_35 = sum_35 + product_5;
        let pixels_4 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_4 + minimum_2)], less_0 & less_2 & (((minimum_1 + j_0) - 1u) < 8u));
        let product_6 = seal(pixels_4 * filter_0);
        sum_36 = sum_36 + product_6;
        let pixels_5 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_4 + minimum_5)], less_0 & less_2 & (((minimum_4 + j_0) - 1u) < 8u));
        let product_7 = seal(pixels_5 * filter_0);
        sum_37 = sum_37 + product_7;
        let pixels_6 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_4 + minimum_7)], less_0 & less_2 & (((minimum_6 + j_0) - 1u) < 8u));
        let product_8 = seal(pixels_6 * filter_0);
        sum_38 = sum_38 + product_8;
        let pixels_7 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_4 + minimum_9)], less_0 & less_2 & (((minimum_8 + j_0) - 1u) < 8u));
        let product_9 = seal(pixels_7 * filter_0);
        sum_39 = sum_39 + product_9;
        let pixels_8 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_5 + minimum_2)], less_0 & less_3 & (((minimum_1 + j_0) - 1u) < 8u));
        let product_10 = seal(pixels_8 * filter_0);
        sum_40 = sum_40 + product_10;
        let pixels_9 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_5 + minimum_5)], less_0 & less_3 & (((minimum_4 + j_0) - 1u) < 8u));
        let product_11 = seal(pixels_9 * filter_0);
        sum_41 = sum_41 + product_11;
        let pixels_10 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_5 + minimum_7)], less_0 & less_3 & (((minimum_6 + j_0) - 1u) < 8u));
        let product_12 = seal(pixels_10 * filter_0);
        sum_42 = sum_42 + product_12;
        let pixels_11 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_5 + minimum_9)], less_0 & less_3 & (((minimum_8 + j_0) - 1u) < 8u));
        let product_13 = seal(pixels_11 * filter_0);
        sum_43 = sum_43 + product_13;
        let pixels_12 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_6 + minimum_2)], less_0 & less_4 & (((minimum_1 + j_0) - 1u) < 8u));
        let product_14 = seal(pixels_12 * filter_0);
        sum_44 = sum_44 + product_14;
        let pixels_13 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_6 + minimum_5)], less_0 & less_4 & (((minimum_4 + j_0) - 1u) < 8u));
        let product_15 = seal(pixels_13 * filter_0);
        sum_45 = sum_45 + product_15;
        let pixels_14 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_6 + minimum_7)], less_0 & less_4 & (((minimum_6 + j_0) - 1u) < 8u));
        let product_16 = seal(pixels_14 * filter_0);
        sum_46 = sum_46 + product_16;
        let pixels_15 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_6 + minimum_9)], less_0 & less_4 & (((minimum_8 + j_0) - 1u) < 8u));
        let product_17 = seal(pixels_15 * filter_0);
        sum_47 = sum_47 + product_17;
      }
      sum_16 = sum_16 + sum_32;
      sum_17 = sum_17 + sum_33;
      sum_18 = sum_18 + sum_34;
      sum_19 = sum_19 + sum_35;
      sum_20 = sum_20 + sum_36;
      sum_21 = sum_21 + sum_37;
      sum_22 = sum_22 + sum_38;
      sum_23 = sum_23 + sum_39;
      sum_24 = sum_24 + sum_40;
      sum_25 = sum_25 + sum_41;
      sum_26 = sum_26 + sum_42;
      sum_27 = sum_27 + sum_43;
      sum_28 = sum_28 + sum_44;
      sum_29 = sum_29 + sum_45;
      sum_30 = sum_30 + sum_46;
      sum_31 = sum_31 + sum_47;
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
  let total_7 = ((minimum_0 * 128u) + (out_base_0 * 32u)) + minimum_1;
  if ((image_base_0 < uniforms.extent_image) && (x_local_0 < 8u)) {
    output_data[total_7] = canonical(sum_0);
  }
  let total_8 = ((minimum_0 * 128u) + (out_base_0 * 32u)) + minimum_4;
  if ((image_base_0 < uniforms.extent_image) && ((x_local_0 + 8u) < 8u)) {
    output_data[total_8] = canonical(sum_1);
  }
  let total_9 = ((minimum_0 * 128u) + (out_base_0 * 32u)) + minimum_6;
  if ((image_base_0 < uniforms.extent_image) && ((x_local_0 + 16u) < 8u)) {
    output_data[total_9] = canonical(sum_2);
  }
  let total_10 = ((minimum_0 * 128u) + (out_base_0 * 32u)) + minimum_8;
  if ((image_base_0 < uniforms.extent_image) && ((x_local_0 + 24u) < 8u)) {
    output_data[total_10] = canonical(sum_3);
  }
  if ((image_base_0 < uniforms.extent_image) && (x_local_0 < 8u)) {
    output_data[(total_7 + 8u)] = canonical(sum_4);
  }
  if ((image_base_0 < uniforms.extent_image) && ((x_local_0 + 8u) < 8u)) {
    output_data[(total_8 + 8u)] = canonical(sum_5);
  }
  if ((image_base_0 < uniforms.extent_image) && ((x_local_0 + 16u) < 8u)) {
    output_data[(total_9 + 8u)] = canonical(sum_6);
  }
  if ((image_base_0 < uniforms.extent_image) && ((x_local_0 + 24u) < 8u)) {
    output_data[(total_10 + 8u)] = canonical(sum_7);
  }
  if ((image_base_0 < uniforms.extent_image) && (x_local_0 < 8u)) {
    output_data[(total_7 + 16u)] = canonical(sum_8);
  }
  if ((image_base_0 < uniforms.extent_image) && ((x_local_0 + 8u) < 8u)) {
    output_data[(total_8 + 16u)] = canonical(sum_9);
  }
  if ((image_base_0 < uniforms.extent_image) && ((x_local_0 + 16u) < 8u)) {
    output_data[(total_9 + 16u)] = canonical(sum_10);
  }
  if ((image_base_0 < uniforms.extent_image) && ((x_local_0 + 24u) < 8u)) {
    output_data[(total_10 + 16u)] = canonical(sum_11);
  }
  if ((image_base_0 < uniforms.extent_image) && (x_local_0 < 8u)) {
    output_data[(total_7 + 24u)] = canonical(sum_12);
  }
  if ((image_base_0 < uniforms.extent_image) && ((x_local_0 + 8u) < 8u)) {
    output_data[(total_8 + 24u)] = canonical(sum_13);
  }
  if ((image_base_0 < uniforms.extent_image) && ((x_local_0 + 16u) < 8u)) {
    output_data[(total_9 + 24u)] = canonical(sum_14);
  }
  if ((image_base_0 < uniforms.extent_image) && ((x_local_0 + 24u) < 8u)) {
    output_data[(total_10 + 24u)] = canonical(sum_15);
  }
}
