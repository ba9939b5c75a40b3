// conv2d, registers
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

@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let y_local_0 = local_index;
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
  let minimum_0 = min(image_base_0, (uniforms.extent_image - 1u));
  let less_0 = minimum_0 < uniforms.extent_image;
  let minimum_2 = min(minimum_0, (uniforms.extent_image - 1u));
  let product_0 = minimum_2 * 128u;
  let product_1 = out_base_0 * 36u;
  for (var c_0 = uniforms.zero; c_0 < 4u; c_0 += 1u) {
    var sum_8: f32 = bitcast<f32>(uniforms.zero);
    var sum_9: f32 = bitcast<f32>(uniforms.zero);
    var sum_10: f32 = bitcast<f32>(uniforms.zero);
    var sum_11: f32 = bitcast<f32>(uniforms.zero);
    var sum_12: f32 = bitcast<f32>(uniforms.zero);
    var sum_13: f32 = bitcast<f32>(uniforms.zero);
    var sum_14: f32 = bitcast<f32>(uniforms.zero);
    var sum_15: f32 = bitcast<f32>(uniforms.zero);
    let total_0 = product_0 + (c_0 * 32u);
    let total_2 = product_1 + (c_0 * 9u);
    for (var i_0 = uniforms.zero; i_0 < 3u; i_0 += 1u) {
      var sum_16: f32 = bitcast<f32>(uniforms.zero);
      var sum_17: f32 = bitcast<f32>(uniforms.zero);
      var sum_18: f32 = bitcast<f32>(uniforms.zero);
      var sum_19: f32 = bitcast<f32>(uniforms.zero);
      var sum_20: f32 = bitcast<f32>(uniforms.zero);
      var sum_21: f32 = bitcast<f32>(uniforms.zero);
      var sum_22: f32 = bitcast<f32>(uniforms.zero);
      var sum_23: f32 = bitcast<f32>(uniforms.zero);
      let less_1 = ((y_local_0 + i_0) - 1u) < 4u;
      let minimum_1 = min(((y_local_0 + i_0) - 1u), 3u);
      let total_1 = total_0 + (minimum_1 * 8u);
      let total_3 = total_2 + (i_0 * 3u);
      for (var j_0 = 0u; j_0 < 3u; j_0 += 1u) {
        let pixels_0 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_1 + min((j_0 - 1u), 7u))], less_0 & less_1 & ((j_0 - 1u) < 8u));
        let filter_0 = filter_data[(total_3 + j_0)];
        let product_2 = seal(pixels_0 * filter_0);
        sum_16 = sum_16 + product_2;
        let total_4 = total_1 + min(((1u + j_0) - 1u), 7u);
        let pixels_1 = select(bitcast<f32>(uniforms.zero), pixels_data[total_4], less_0 & less_1 & (((1u + j_0) - 1u) < 8u));
        let product_3 = seal(pixels_1 * filter_0);
        sum_17 = sum_17 + product_3;
        let total_5 = total_1 + min(((2u + j_0) - 1u), 7u);
        let pixels_2 = select(bitcast<f32>(uniforms.zero), pixels_data[total_5], less_0 & less_1 & (((2u + j_0) - 1u) < 8u));
        let product_4 = seal(pixels_2 * filter_0);
        sum_18 = sum_18 + product_4;
        let total_6 = total_1 + min(((3u + j_0) - 1u), 7u);
        let pixels_3 = select(bitcast<f32>(uniforms.zero), pixels_data[total_6], less_0 & less_1 & (((3u + j_0) - 1u) < 8u));
        let product_5 = seal(pixels_3 * filter_0);
        sum_19 = sum_19 + product_5;
        let total_7 = total_1 + min(((4u + j_0) - 1u), 7u);
        let pixels_4 = select(bitcast<f32>(uniforms.zero), pixels_data[total_7], less_0 & less_1 & (((4u + j_0) - 1u) < 8u));
        let product_6 = seal(pixels_4 * filter_0);
        sum_20 = sum_20 + product_6;
        let total_8 = total_1 + min(((5u + j_0) - 1u), 7u);
        let pixels_5 = select(bitcast<f32>(uniforms.zero), pixels_data[total_8], less_0 & less_1 & (((5u + j_0) - 1u) < 8u));
        let product_7 = seal(pixels_5 * filter_0);
        sum_21 = sum_21 + product_7;
        let total_9 = total_1 + min(((6u + j_0) - 1u), 7u);
        let pixels_6 = select(bitcast<f32>(uniforms.zero), pixels_data[total_9], less_0 & less_1 & (((6u + j_0) - 1u) < 8u));
        let product_8 = seal(pixels_6 * filter_0);
        sum_22 = sum_22 + product_8;
        let total_10 = total_1 + min(((7u + j_0) - 1u), 7u);
        let pixels_7 = select(bitcast<f32>(uniforms.zero), pixels_data[total_10], less_0 & less_1 & (((7u + j_0) - 1u) < 8u));
        let product_9 = seal(pixels_7 * filter_0);
        sum_23 = sum_23 + product_9;
      }
      sum_8 = sum_8 + sum_16;
      sum_9 = sum_9 + sum_17;
      sum_10 = sum_10 + sum_18;
      sum_11 = sum_11 + sum_19;
      sum_12 = sum_12 + sum_20;
      sum_13 = sum_13 + sum_21;
      sum_14 = sum_14 + sum_22;
      sum_15 = sum_15 + sum_23;
    }
    sum_0 = sum_0 + sum_8;
    sum_1 = sum_1 + sum_9;
    sum_2 = sum_2 + sum_10;
    sum_3 = sum_3 + sum_11;
    sum_4 = sum_4 + sum_12;
    sum_5 = sum_5 + sum_13;
    sum_6 = sum_6 + sum_14;
    sum_7 = sum_7 + sum_15;
  }
  let total_11 = ((minimum_0 * 128u) + (out_base_0 * 32u)) + (y_local_0 * 8u);
  if (image_base_0 < uniforms.extent_image) {
    output_data[total_11] = canonical(sum_0);
  }
  if (image_base_0 < uniforms.extent_image) {
    output_data[(total_11 + 1u)] = canonical(sum_1);
  }
  if (image_base_0 < uniforms.extent_image) {
    output_data[(total_11 + 2u)] = canonical(sum_2);
  }
  if (image_base_0 < uniforms.extent_image) {
    output_data[(total_11 + 3u)] = canonical(sum_3);
  }
  if (image_base_0 < uniforms.extent_image) {
    output_data[(total_11 + 4u)] = canonical(sum_4);
  }
  if (image_base_0 < uniforms.extent_image) {
    output_data[(total_11 + 5u)] = canonical(sum_5);
  }
  if (image_base_0 < uniforms.extent_image) {
    output_data[(total_11 + 6u)] = canonical(sum_6);
  }
  if (image_base_0 < uniforms.extent_image) {
    output_data[(total_11 + 7u)] = canonical(sum_7);
  }
}
