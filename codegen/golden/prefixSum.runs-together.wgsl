// prefixSum, runs-together
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_row: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read_write> output_data: array<f32>;
var<workgroup> sum_parts_0: array<f32, 16>;

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let c_local_0 = local_index % 8u;
  let way_0 = local_index / 8u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_row * 8u)) {
    return;
  }
  let c_base_0 = (tile_0 % 8u) * 8u;
  let row_base_0 = tile_0 / 8u;
  let minimum_0 = min(((c_base_0 + c_local_0) + 1u), 64u);
  let minimum_2 = min(row_base_0, (uniforms.extent_row - 1u));
  let product_0 = minimum_2 * 64u;
  for (var k_0 = way_0; k_0 < ((minimum_0 + 31u) / 32u); k_0 += 8u) {
    var sum_0: f32 = bitcast<f32>(uniforms.zero);
    let minimum_1 = min(32u, (minimum_0 - (k_0 * 32u)));
    let total_0 = product_0 + (k_0 * 32u);
    for (var k_1 = 0u; k_1 < minimum_1; k_1 += 1u) {
      let x_0 = x_data[(total_0 + k_1)];
      sum_0 = sum_0 + x_0;
    }
    sum_parts_0[((k_0 * 8u) + c_local_0)] = sum_0;
  }
  workgroupBarrier();
  if (way_0 == 0u) {
    var sum_1: f32 = bitcast<f32>(uniforms.zero);
    for (var k_2 = 0u; k_2 < ((minimum_0 + 31u) / 32u); k_2 += 1u) {
      let sum_2 = sum_parts_0[((k_2 * 8u) + c_local_0)];
      sum_1 = sum_1 + sum_2;
    }
    sum_parts_0[c_local_0] = sum_1;
  }
  workgroupBarrier();
  let sum_3 = sum_parts_0[c_local_0];
  if ((row_base_0 < uniforms.extent_row) && (way_0 == 0u)) {
    output_data[((product_0 + c_base_0) + c_local_0)] = canonical(sum_3);
  }
}
