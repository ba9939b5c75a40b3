// conv2d, runs-together
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_image: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> pixels_data: array<f32>;
@group(0) @binding(2) var<storage, read> filter_data: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_data: array<f32>;
var<workgroup> sum_parts_0: array<f32, 32>;

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let x_local_0 = local_index % 8u;
  let way_0 = local_index / 8u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= ((uniforms.extent_image * 4u) * 4u)) {
    return;
  }
  let y_base_0 = tile_0 % 4u;
  let out_base_0 = (tile_0 / 4u) % 4u;
  let image_base_0 = (tile_0 / 4u) / 4u;
  let minimum_0 = min(image_base_0, (uniforms.extent_image - 1u));
  let less_0 = minimum_0 < uniforms.extent_image;
  let minimum_3 = min(minimum_0, (uniforms.extent_image - 1u));
  let product_0 = minimum_3 * 128u;
  let product_1 = out_base_0 * 36u;
  for (var c_0 = way_0; c_0 < 4u; c_0 += 8u) {
    var sum_0: f32 = bitcast<f32>(uniforms.zero);
    let total_0 = product_0 + (c_0 * 32u);
    let total_2 = product_1 + (c_0 * 9u);
    for (var i_0 = uniforms.zero; i_0 < 3u; i_0 += 1u) {
      var sum_1: f32 = bitcast<f32>(uniforms.zero);
      let less_1 = ((y_base_0 + i_0) - 1u) < 4u;
      let minimum_2 = min(((y_base_0 + i_0) - 1u), 3u);
      let total_1 = total_0 + (minimum_2 * 8u);
      let total_3 = total_2 + (i_0 * 3u);
      for (var j_0 = 0u; j_0 < 3u; j_0 += 1u) {
        let minimum_1 = min(((x_local_0 + j_0) - 1u), 7u);
        let pixels_0 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_1 + minimum_1)], less_0 && less_1 && (((x_local_0 + j_0) - 1u) < 8u));
        let filter_0 = filter_data[(total_3 + j_0)];
        let product_2 = seal(pixels_0 * filter_0);
        sum_1 = sum_1 + product_2;
      }
      sum_0 = sum_0 + sum_1;
    }
    sum_parts_0[((c_0 * 8u) + x_local_0)] = sum_0;
  }
  workgroupBarrier();
  if (way_0 == 0u) {
    var sum_2: f32 = bitcast<f32>(uniforms.zero);
    for (var c_1 = 0u; c_1 < 4u; c_1 += 1u) {
      let sum_3 = sum_parts_0[((c_1 * 8u) + x_local_0)];
      sum_2 = sum_2 + sum_3;
    }
    sum_parts_0[x_local_0] = sum_2;
  }
  workgroupBarrier();
  let sum_4 = sum_parts_0[x_local_0];
  let total_4 = ((minimum_0 * 128u) + (out_base_0 * 32u)) + (y_base_0 * 8u);
  if ((image_base_0 < uniforms.extent_image) && (way_0 == 0u)) {
    output_data[(total_4 + x_local_0)] = canonical(sum_4);
  }
}
