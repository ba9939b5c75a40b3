// linearRecurrence, runs-together
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_row: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> decay_data: array<f32>;
@group(0) @binding(2) var<storage, read> drive_data: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_data: array<f32>;
var<workgroup> a_parts_0: array<f32, 16>;
var<workgroup> b_parts_0: array<f32, 16>;

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
  let way_0 = local_index / 8u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_row * 32u)) {
    return;
  }
  let time_base_0 = tile_0 % 32u;
  let row_base_0 = tile_0 / 32u;
  let minimum_0 = min(row_base_0, (uniforms.extent_row - 1u));
  let product_0 = minimum_0 * 256u;
  for (var t_0 = way_0; t_0 < ((min((time_base_0 + 1u), 32u) + 15u) / 16u); t_0 += 8u) {
    var a_0: f32 = bitcast<f32>((0x3f800000u ^ uniforms.zero));
    var b_0: f32 = bitcast<f32>(uniforms.zero);
    let subtract_0 = min((time_base_0 + 1u), 32u) - (t_0 * 16u);
    let total_0 = product_0 + (t_0 * 128u);
    for (var t_1 = 0u; t_1 < min(16u, subtract_0); t_1 += 1u) {
      let total_1 = (total_0 + (t_1 * 8u)) + channel_local_0;
      let a_1 = decay_data[total_1];
      let a_2 = seal(a_0 * a_1);
      let product_1 = seal(a_1 * b_0);
      let b_1 = drive_data[total_1];
      let b_2 = seal(product_1 + b_1);
      a_0 = a_2;
      b_0 = b_2;
    }
    a_parts_0[((t_0 * 8u) + channel_local_0)] = a_0;
    b_parts_0[((t_0 * 8u) + channel_local_0)] = b_0;
  }
  workgroupBarrier();
  if (way_0 == 0u) {
    var a_3: f32 = bitcast<f32>((0x3f800000u ^ uniforms.zero));
    var b_3: f32 = bitcast<f32>(uniforms.zero);
    for (var t_2 = 0u; t_2 < ((min((time_base_0 + 1u), 32u) + 15u) / 16u); t_2 += 1u) {
      let a_4 = a_parts_0[((t_2 * 8u) + channel_local_0)];
      let b_4 = b_parts_0[((t_2 * 8u) + channel_local_0)];
      let a_5 = seal(a_3 * a_4);
      let product_2 = seal(a_4 * b_3);
      let b_5 = seal(product_2 + b_4);
      a_3 = a_5;
      b_3 = b_5;
    }
    a_parts_0[channel_local_0] = a_3;
    b_parts_0[channel_local_0] = b_3;
  }
  workgroupBarrier();
  let a_6 = a_parts_0[channel_local_0];
  let b_6 = b_parts_0[channel_local_0];
  let total_2 = (product_0 + (time_base_0 * 8u)) + channel_local_0;
  if ((row_base_0 < uniforms.extent_row) && (way_0 == 0u)) {
    output_data[total_2] = canonical(b_6);
  }
}
