// linearRecurrence, split, pass 1 of 2
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_row: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> decay_data: array<f32>;
@group(0) @binding(2) var<storage, read> drive_data: array<f32>;
@group(0) @binding(3) var<storage, read_write> scratch0_a_data: array<f32>;
@group(0) @binding(4) var<storage, read_write> scratch0_b_data: array<f32>;

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let part0_local_0 = local_index % 2u;
  let channel_local_0 = (local_index / 2u) % 8u;
  let time_local_0 = (local_index / 2u) / 8u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_row * 8u)) {
    return;
  }
  let time_base_0 = (tile_0 % 8u) * 4u;
  let row_base_0 = tile_0 / 8u;
  var a_0: f32 = bitcast<f32>((0x3f800000u ^ uniforms.zero));
  var b_0: f32 = bitcast<f32>(uniforms.zero);
  let minimum_0 = min(((time_base_0 + time_local_0) + 1u), 32u);
  let subtract_0 = minimum_0 - min((part0_local_0 * 16u), minimum_0);
  let minimum_1 = min(row_base_0, (uniforms.extent_row - 1u));
  let total_0 = (minimum_1 * 256u) + (part0_local_0 * 128u);
  for (var t_0 = 0u; t_0 < min(16u, subtract_0); t_0 += 1u) {
    let total_1 = (total_0 + (t_0 * 8u)) + channel_local_0;
    let a_1 = decay_data[total_1];
    let a_2 = seal(a_0 * a_1);
    let product_0 = seal(a_1 * b_0);
    let b_1 = drive_data[total_1];
    let b_2 = seal(product_0 + b_1);
    a_0 = a_2;
    b_0 = b_2;
  }
  let total_2 = ((minimum_1 * 512u) + (time_base_0 * 16u)) + (time_local_0 * 16u);
  let total_3 = (total_2 + (channel_local_0 * 2u)) + part0_local_0;
  if (row_base_0 < uniforms.extent_row) {
    scratch0_a_data[total_3] = a_0;
  }
  if (row_base_0 < uniforms.extent_row) {
    scratch0_b_data[total_3] = b_0;
  }
}
