// prefixSum, split, pass 1 of 2
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_row: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read_write> scratch0_value_data: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let part0_local_0 = local_index % 16u;
  let column_local_0 = local_index / 16u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_row * 64u)) {
    return;
  }
  let column_base_0 = (tile_0 % 64u) * 4u;
  let row_base_0 = tile_0 / 64u;
  var sum_0: f32 = bitcast<f32>(uniforms.zero);
  let minimum_0 = min(((column_base_0 + column_local_0) + 1u), 256u);
  let subtract_0 = minimum_0 - min((part0_local_0 * 16u), minimum_0);
  let minimum_1 = min(row_base_0, (uniforms.extent_row - 1u));
  let total_0 = (minimum_1 * 256u) + (part0_local_0 * 16u);
  for (var c_0 = 0u; c_0 < min(16u, subtract_0); c_0 += 1u) {
    let x_0 = x_data[(total_0 + c_0)];
    sum_0 = sum_0 + x_0;
  }
  let total_1 = ((minimum_1 * 4096u) + (column_base_0 * 16u)) + (column_local_0 * 16u);
  if (row_base_0 < uniforms.extent_row) {
    scratch0_value_data[(total_1 + part0_local_0)] = sum_0;
  }
}
