// prefixSum, split, pass 2 of 2
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_row: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> scratch0_value_data: array<f32>;
@group(0) @binding(2) var<storage, read_write> output_data: array<f32>;

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let column_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_row * 4u)) {
    return;
  }
  let column_base_0 = (tile_0 % 4u) * 64u;
  let row_base_0 = tile_0 / 4u;
  var sum_0: f32 = bitcast<f32>(uniforms.zero);
  let minimum_0 = min(((column_base_0 + column_local_0) + 1u), 256u);
  let minimum_1 = min(row_base_0, (uniforms.extent_row - 1u));
  let total_0 = ((minimum_1 * 4096u) + (column_base_0 * 16u)) + (column_local_0 * 16u);
  for (var part_0 = 0u; part_0 < ((minimum_0 + 15u) / 16u); part_0 += 1u) {
    let scratch0_value_0 = scratch0_value_data[(total_0 + part_0)];
    sum_0 = sum_0 + scratch0_value_0;
  }
  let total_1 = ((minimum_1 * 256u) + column_base_0) + column_local_0;
  if (row_base_0 < uniforms.extent_row) {
    output_data[total_1] = canonical(sum_0);
  }
}
