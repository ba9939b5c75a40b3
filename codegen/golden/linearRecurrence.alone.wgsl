// linearRecurrence, alone
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_row: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> decay_data: array<f32>;
@group(0) @binding(2) var<storage, read> drive_data: array<f32>;
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
  let minimum_2 = min(row_base_0, (uniforms.extent_row - 1u));
  let product_0 = minimum_2 * 256u;
  for (var t_0 = uniforms.zero; t_0 < ((minimum_0 + 15u) / 16u); t_0 += 1u) {
    var a_1: f32 = bitcast<f32>((0x3f800000u ^ uniforms.zero));
    var b_1: f32 = bitcast<f32>(uniforms.zero);
    let minimum_1 = min(16u, (minimum_0 - (t_0 * 16u)));
    let total_0 = product_0 + (t_0 * 128u);
    for (var t_1 = 0u; t_1 < minimum_1; t_1 += 1u) {
      let total_1 = (total_0 + (t_1 * 8u)) + channel_local_0;
      let a_2 = decay_data[total_1];
      let a_3 = seal(a_1 * a_2);
      let product_1 = seal(a_2 * b_1);
      let b_2 = drive_data[total_1];
      let b_3 = seal(product_1 + b_2);
      a_1 = a_3;
      b_1 = b_3;
    }
    let a_4 = seal(a_0 * a_1);
    let product_2 = seal(a_1 * b_0);
    let b_4 = seal(product_2 + b_1);
    a_0 = a_4;
    b_0 = b_4;
  }
  let total_2 = (product_0 + (time_base_0 * 8u)) + (time_local_0 * 8u);
  if (row_base_0 < uniforms.extent_row) {
    output_data[(total_2 + channel_local_0)] = canonical(b_0);
  }
}
