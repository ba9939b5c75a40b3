// linearRecurrence, split, pass 2 of 2
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_row: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> scratch0_a_data: array<f32>;
@group(0) @binding(2) var<storage, read> scratch0_b_data: array<f32>;
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
  let channel_local_0 = local_index % 8u;
  let time_local_0 = local_index / 8u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_row * 4u)) {
    return;
  }
  let time_base_0 = (tile_0 % 4u) * 8u;
  let row_base_0 = tile_0 / 4u;
  var a_0: f32 = bitcast<f32>((0x3f800000u ^ uniforms.zero));
  var b_0: f32 = bitcast<f32>(uniforms.zero);
  let minimum_0 = min(((time_base_0 + time_local_0) + 1u), 32u);
  let minimum_1 = min(row_base_0, (uniforms.extent_row - 1u));
  let total_0 = ((minimum_1 * 512u) + (time_base_0 * 16u)) + (time_local_0 * 16u);
  let total_1 = total_0 + (channel_local_0 * 2u);
  for (var part_0 = 0u; part_0 < ((minimum_0 + 15u) / 16u); part_0 += 1u) {
    let scratch0_a_0 = scratch0_a_data[(total_1 + part_0)];
    let a_1 = seal(a_0 * scratch0_a_0);
    let product_0 = seal(scratch0_a_0 * b_0);
    let scratch0_b_0 = scratch0_b_data[(total_1 + part_0)];
    let b_1 = seal(product_0 + scratch0_b_0);
    a_0 = a_1;
    b_0 = b_1;
  }
  let total_2 = ((minimum_1 * 256u) + (time_base_0 * 8u)) + (time_local_0 * 8u);
  if (row_base_0 < uniforms.extent_row) {
    output_data[(total_2 + channel_local_0)] = canonical(b_0);
  }
}
