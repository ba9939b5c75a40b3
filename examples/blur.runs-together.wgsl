// blur, runs-together
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_image: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> pixels_data: array<f32>;
@group(0) @binding(2) var<storage, read> column_data: array<f32>;
@group(0) @binding(3) var<storage, read> row_data: array<f32>;
@group(0) @binding(4) var<storage, read_write> output_data: array<f32>;
var<workgroup> sum_parts_0: array<f32, 40>;

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
  if (tile_0 >= ((uniforms.extent_image * 64u) * 8u)) {
    return;
  }
  let x_base_0 = (tile_0 % 8u) * 8u;
  let y_base_0 = (tile_0 / 8u) % 64u;
  let image_base_0 = (tile_0 / 8u) / 64u;
  let minimum_0 = min(image_base_0, (uniforms.extent_image - 1u));
  let less_0 = minimum_0 < uniforms.extent_image;
  let total_0 = x_base_0 + x_local_0;
  let minimum_3 = min(minimum_0, (uniforms.extent_image - 1u));
  let product_0 = minimum_3 * 4096u;
  for (var i_0 = way_0; i_0 < 5u; i_0 += 8u) {
    var sum_0: f32 = bitcast<f32>(uniforms.zero);
    let less_1 = ((y_base_0 + i_0) - 2u) < 64u;
    let minimum_2 = min(((y_base_0 + i_0) - 2u), 63u);
    let total_1 = product_0 + (minimum_2 * 64u);
    for (var j_0 = 0u; j_0 < 5u; j_0 += 1u) {
      let row_0 = row_data[j_0];
      let minimum_1 = min(((total_0 + j_0) - 2u), 63u);
      let pixels_0 = select(bitcast<f32>(uniforms.zero), pixels_data[(total_1 + minimum_1)], less_0 && less_1 && (((total_0 + j_0) - 2u) < 64u));
      let product_1 = seal(row_0 * pixels_0);
      sum_0 = sum_0 + product_1;
    }
    let column_0 = column_data[i_0];
    let product_2 = seal(column_0 * sum_0);
    sum_parts_0[((i_0 * 8u) + x_local_0)] = product_2;
  }
  workgroupBarrier();
  if (way_0 == 0u) {
    var sum_1: f32 = bitcast<f32>(uniforms.zero);
    for (var i_1 = 0u; i_1 < 5u; i_1 += 1u) {
      let sum_2 = sum_parts_0[((i_1 * 8u) + x_local_0)];
      sum_1 = sum_1 + sum_2;
    }
    sum_parts_0[x_local_0] = sum_1;
  }
  workgroupBarrier();
  let sum_3 = sum_parts_0[x_local_0];
  let total_2 = ((minimum_0 * 4096u) + (y_base_0 * 64u)) + x_base_0;
  if ((image_base_0 < uniforms.extent_image) && (way_0 == 0u)) {
    output_data[(total_2 + x_local_0)] = canonical(sum_3);
  }
}
