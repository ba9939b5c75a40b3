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
  let c_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= uniforms.extent_row) {
    return;
  }
  let row_base_0 = tile_0;
  var sum_0: f32 = bitcast<f32>(uniforms.zero);
  let minimum_0 = min(row_base_0, (uniforms.extent_row - 1u));
  let total_0 = (minimum_0 * 128u) + (c_local_0 * 2u);
  for (var part_0 = 0u; part_0 < ((min((c_local_0 + 1u), 64u) + 31u) / 32u); part_0 += 1u) {
    let scratch0_value_0 = scratch0_value_data[(total_0 + part_0)];
    sum_0 = sum_0 + scratch0_value_0;
  }
  if (row_base_0 < uniforms.extent_row) {
    output_data[((minimum_0 * 64u) + c_local_0)] = canonical(sum_0);
  }
}
